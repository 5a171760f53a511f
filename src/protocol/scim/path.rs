//! The `path` of a PATCH operation (RFC 7644 §3.5.2): attribute, value filter, sub-attribute.

use std::fmt;

use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::filter::parse::Parser;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::schema::Registry;
use crate::protocol::scim::schema::ResourceType;
use crate::protocol::scim::schema::Target;

/// What an operation is about, in canonical spelling.
#[derive(Debug, Clone, PartialEq)]
pub enum Path {
    /// The whole object of an extension.
    Extension(String),
    /// An attribute.
    Attribute {
        /// The URN of its extension; `None` for core and common attributes.
        urn: Option<String>,
        /// The attribute.
        name: String,
        /// Which elements.
        filter: Option<Filter>,
        /// The sub-attribute.
        sub: Option<String>,
    },
}

/// Why a path cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// It is well formed and names nothing that this kind of resource has.
    #[error("no such attribute")]
    Unknown,
    /// It is malformed, or its filter is.
    #[error(transparent)]
    Invalid(ScimError),
}

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// [`PathFault::Unknown`] for an attribute that is not there, else 400 `invalidPath` or `invalidFilter`.
    pub fn parse(
        text: &str,
        registry: &Registry,
        kind: ResourceType,
        profile: Profile,
        applied: &mut Applied,
    ) -> Result<Self, PathFault> {
        let text = text.trim();
        let end = text.find('[').unwrap_or(text.len());
        let (head, tail) = text.split_at(end);
        let allowed = |next: char| next.is_ascii_alphanumeric() || "-_$.:".contains(next);
        if head.is_empty() || !head.chars().all(allowed) || head.contains("..") || head.ends_with(['.', ':']) {
            return Err(malformed(text));
        }
        let (urn, attribute, sub) = match registry.resolve(kind, head, profile, applied) {
            Ok(Target::Attribute { urn, attribute, sub }) => (urn, attribute, sub),
            Ok(Target::Extension(schema)) if tail.is_empty() => return Ok(Self::Extension(schema.id.clone())),
            Ok(Target::Extension(_)) => return Err(malformed(text)),
            Err(_) => return Err(PathFault::Unknown),
        };
        let (urn, name) = (urn.map(str::to_owned), attribute.name.clone());
        if tail.is_empty() {
            return Ok(Self::Attribute { urn, name, filter: None, sub: sub.map(|sub| sub.name.clone()) });
        }
        if sub.is_some() {
            return Err(malformed(text));
        }
        let mut parser = Parser::new(tail, registry, kind, profile, applied).map_err(PathFault::Invalid)?;
        let filter = Some(parser.value_filter(attribute).map_err(PathFault::Invalid)?);
        let sub = if parser.take('.') {
            let word = parser.word();
            if word.is_empty() || !parser.rest().is_empty() {
                return Err(malformed(text));
            }
            Some(attribute.sub(word).ok_or(PathFault::Unknown)?.name.clone())
        } else if parser.rest().is_empty() {
            None
        } else {
            return Err(malformed(text));
        };
        Ok(Self::Attribute { urn, name, filter, sub })
    }
}

fn malformed(text: &str) -> PathFault {
    let shown: String = text.chars().take(100).collect();
    PathFault::Invalid(ScimError::invalid_path(format!(
        "The path {shown:?} is malformed; write attribute, attribute.sub, attribute[filter] or attribute[filter].sub."
    )))
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Extension(urn) => out.write_str(urn),
            Self::Attribute { urn, name, filter, sub } => {
                if let Some(urn) = urn {
                    write!(out, "{urn}:")?;
                }
                out.write_str(name)?;
                if let Some(filter) = filter {
                    write!(out, "[{filter}]")?;
                }
                match sub {
                    Some(sub) => write!(out, ".{sub}"),
                    None => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> Result<String, PathFault> {
        let registry = Registry::standard();
        Path::parse(text, registry, ResourceType::User, Profile::Auto, &mut Applied::default())
            .map(|path| path.to_string())
    }

    #[test]
    fn r073_paths_read_in_any_spelling_and_print_in_canonical_form() {
        assert_eq!(printed("Emails[Type EQ \"work\"].Value").unwrap(), "emails[type eq \"work\"].value");
        assert_eq!(printed("NAME.familyname").unwrap(), "name.familyName");
        let urn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
        assert_eq!(printed(urn).unwrap(), urn);
        assert_eq!(
            printed("urn:ietf:params:scim:schemas:core:2.0:User:roles[primary eq \"True\"]").unwrap(),
            "roles[primary eq true]"
        );
    }

    #[test]
    fn r073u_malformed_paths_and_unknown_attributes_are_told_apart() {
        for text in [
            "",
            "emails[",
            "emails[type eq \"work\"",
            "emails[type eq \"work\"]x",
            "emails..value",
            "emails.",
            "na me",
            "emails[].value",
        ] {
            assert!(matches!(printed(text), Err(PathFault::Invalid(_))), "{text}");
        }
        for text in ["shoeSize", "name.shoeSize", "emails[type eq \"work\"].size", "urn:x:y:z"] {
            assert_eq!(printed(text), Err(PathFault::Unknown), "{text}");
        }
    }
}
