//! One attribute and its characteristics (RFC 7643 §2.2).

use serde_json::Value;

/// The data type (RFC 7643 §2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttributeType {
    /// A text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A number with a fraction.
    Decimal,
    /// A whole number.
    Integer,
    /// An instant, `xsd:dateTime`.
    DateTime,
    /// A URI.
    Reference,
    /// Bytes in base64.
    Binary,
    /// An object of sub-attributes.
    Complex,
}

impl AttributeType {
    /// The name in `/Schemas`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Boolean => "boolean",
            Self::Decimal => "decimal",
            Self::Integer => "integer",
            Self::DateTime => "dateTime",
            Self::Reference => "reference",
            Self::Binary => "binary",
            Self::Complex => "complex",
        }
    }

    /// The type of a name in `/Schemas`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [
            Self::String,
            Self::Boolean,
            Self::Decimal,
            Self::Integer,
            Self::DateTime,
            Self::Reference,
            Self::Binary,
            Self::Complex,
        ]
        .into_iter()
        .find(|kind| kind.name() == name)
    }
}

/// Who may write an attribute (RFC 7643 §7 `mutability`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// The server alone.
    ReadOnly,
    /// The client.
    ReadWrite,
    /// The client, once.
    Immutable,
    /// The client, and nobody reads it.
    WriteOnly,
}

impl Mutability {
    /// The name in `/Schemas`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "readOnly",
            Self::ReadWrite => "readWrite",
            Self::Immutable => "immutable",
            Self::WriteOnly => "writeOnly",
        }
    }

    /// The mutability of a name in `/Schemas`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::ReadOnly, Self::ReadWrite, Self::Immutable, Self::WriteOnly].into_iter().find(|one| one.name() == name)
    }
}

/// When an attribute is in an answer (RFC 7643 §7 `returned`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Returned {
    /// In every answer; cannot be excluded.
    Always,
    /// In none, and no filter may ask for it.
    Never,
    /// Unless it is excluded.
    Default,
    /// Only where it is asked for by name.
    Request,
}

impl Returned {
    /// The name in `/Schemas`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Never => "never",
            Self::Default => "default",
            Self::Request => "request",
        }
    }

    /// The time of return of a name in `/Schemas`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Always, Self::Never, Self::Default, Self::Request].into_iter().find(|one| one.name() == name)
    }
}

/// Where a value must be unique (RFC 7643 §7 `uniqueness`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Uniqueness {
    /// Nowhere.
    None,
    /// In this directory.
    Server,
    /// Everywhere.
    Global,
}

impl Uniqueness {
    /// The name in `/Schemas`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Server => "server",
            Self::Global => "global",
        }
    }

    /// The uniqueness of a name in `/Schemas`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::None, Self::Server, Self::Global].into_iter().find(|one| one.name() == name)
    }
}

/// One attribute, or one sub-attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name in its declared spelling.
    pub name: String,
    /// What it is, for a human.
    pub description: String,
    /// The data type.
    pub kind: AttributeType,
    /// Whether there may be several values.
    pub multi_valued: bool,
    /// Whether there must be a value.
    pub required: bool,
    /// Whether `a` and `A` are different values.
    pub case_exact: bool,
    /// Who may write it.
    pub mutability: Mutability,
    /// When it is in an answer.
    pub returned: Returned,
    /// Where a value must be unique.
    pub uniqueness: Uniqueness,
    /// Values that the schema suggests; others are accepted.
    pub canonical_values: Vec<String>,
    /// What a reference may point at.
    pub reference_types: Vec<String>,
    /// The sub-attributes of a complex attribute.
    pub sub_attributes: Vec<Attribute>,
    /// Whether its values are index rows (see `index`).
    pub searchable: bool,
}

impl Attribute {
    /// A single-valued, optional, readWrite attribute that is returned by default.
    #[must_use]
    pub fn new(name: &str, kind: AttributeType, description: &str) -> Self {
        Self {
            name: name.to_owned(),
            description: description.to_owned(),
            kind,
            multi_valued: false,
            required: false,
            case_exact: matches!(kind, AttributeType::Reference | AttributeType::Binary),
            mutability: Mutability::ReadWrite,
            returned: Returned::Default,
            uniqueness: Uniqueness::None,
            canonical_values: Vec::new(),
            reference_types: Vec::new(),
            sub_attributes: Vec::new(),
            searchable: matches!(kind, AttributeType::String | AttributeType::DateTime | AttributeType::Boolean),
        }
    }

    /// The sub-attribute of this name in any case.
    #[must_use]
    pub fn sub(&self, name: &str) -> Option<&Self> {
        self.sub_attributes.iter().find(|sub| sub.name.eq_ignore_ascii_case(name))
    }

    /// What of a stored value is of the declared type: all of it, unless the declaration has changed since.
    #[must_use]
    pub fn fitting(&self, value: Value) -> Option<Value> {
        match value {
            Value::Array(items) if self.multi_valued => {
                let kept: Vec<_> = items.into_iter().filter_map(|item| self.fitting_element(item)).collect();
                (!kept.is_empty()).then_some(Value::Array(kept))
            }
            Value::Array(_) => None,
            _ if self.multi_valued => None,
            value => self.fitting_element(value),
        }
    }

    fn fitting_element(&self, value: Value) -> Option<Value> {
        match (self.kind, value) {
            (AttributeType::Complex, Value::Object(fields)) => {
                let fit = |(name, value): (String, Value)| Some((name.clone(), self.sub(&name)?.fitting(value)?));
                let kept: serde_json::Map<_, _> = fields.into_iter().filter_map(fit).collect();
                (!kept.is_empty()).then_some(Value::Object(kept))
            }
            (AttributeType::Boolean, value @ Value::Bool(_)) | (AttributeType::Decimal, value @ Value::Number(_)) => {
                Some(value)
            }
            (AttributeType::Integer, Value::Number(number)) => {
                (number.is_i64() || number.is_u64()).then_some(Value::Number(number))
            }
            (
                AttributeType::String | AttributeType::DateTime | AttributeType::Reference | AttributeType::Binary,
                value @ Value::String(_),
            ) => Some(value),
            _ => None,
        }
    }

    /// Whether the attribute holds objects.
    #[must_use]
    pub fn is_complex(&self) -> bool {
        self.kind == AttributeType::Complex
    }

    /// Whether clients may never write it.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.mutability == Mutability::ReadOnly
    }

    pub(super) fn multi(mut self) -> Self {
        self.multi_valued = true;
        self
    }

    pub(super) fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub(super) fn exact(mut self) -> Self {
        self.case_exact = true;
        self
    }

    pub(super) fn inexact(mut self) -> Self {
        self.case_exact = false;
        self
    }

    pub(super) fn unique(mut self) -> Self {
        self.uniqueness = Uniqueness::Server;
        self
    }

    pub(super) fn mutability(mut self, mutability: Mutability) -> Self {
        self.mutability = mutability;
        self
    }

    pub(super) fn returned(mut self, returned: Returned) -> Self {
        self.returned = returned;
        self
    }

    pub(super) fn suggests(mut self, values: &[&str]) -> Self {
        self.canonical_values = values.iter().map(|value| (*value).to_owned()).collect();
        self
    }

    pub(super) fn refers(mut self, types: &[&str]) -> Self {
        self.reference_types = types.iter().map(|kind| (*kind).to_owned()).collect();
        self
    }

    pub(super) fn with(mut self, subs: Vec<Self>) -> Self {
        self.sub_attributes = subs;
        self.searchable = false;
        self
    }

    pub(super) fn unsearchable(mut self) -> Self {
        self.searchable = false;
        self
    }
}
