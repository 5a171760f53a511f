//! The operations of the PATCH model: how they are drawn, and how they stand in a body.

use super::ENTERPRISE;
use rand::Rng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TYPES: [&str; 3] = ["work", "home", "other"];
const TEXTS: [&str; 5] = ["a", "b", "c", "Å d", "e\"f"];

pub(super) fn pick(dice: &mut StdRng, from: &[&'static str]) -> &'static str {
    from.choose(dice).unwrap()
}

/// One element of `phoneNumbers`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Phone {
    pub(super) value: Option<&'static str>,
    pub(super) kind: Option<&'static str>,
    pub(super) display: Option<&'static str>,
    pub(super) primary: bool,
}

impl Phone {
    pub(super) fn draw(dice: &mut StdRng) -> Self {
        Self {
            value: Some(pick(dice, &TEXTS)),
            kind: dice.random_bool(0.7).then(|| pick(dice, &TYPES)),
            display: dice.random_bool(0.3).then(|| pick(dice, &TEXTS)),
            primary: dice.random_bool(0.25),
        }
    }

    pub(super) fn body(&self) -> Value {
        let mut body = json!({});
        for (name, text) in [("value", self.value), ("type", self.kind), ("display", self.display)] {
            if let Some(text) = text {
                body[name] = json!(text);
            }
        }
        if self.primary {
            body["primary"] = json!(true);
        }
        body
    }

    pub(super) fn set(&mut self, sub: &str, text: Option<&'static str>) {
        match sub {
            "value" => self.value = text,
            "type" => self.kind = text,
            "display" => self.display = text,
            other => panic!("no sub-attribute {other}"),
        }
    }
}

/// Which elements an operation is about.
#[derive(Debug, Clone)]
pub(super) enum Which {
    Type(&'static str),
    Value(&'static str),
    Primary,
    TypeAndValue(&'static str, &'static str),
    NotType(&'static str),
    TypeOrType(&'static str, &'static str),
}

impl Which {
    pub(super) fn draw(dice: &mut StdRng) -> Self {
        match dice.random_range(0..8) {
            0..=2 => Self::Type(pick(dice, &TYPES)),
            3 => Self::Value(pick(dice, &TEXTS)),
            4 => Self::Primary,
            5 => Self::TypeAndValue(pick(dice, &TYPES), pick(dice, &TEXTS)),
            6 => Self::NotType(pick(dice, &TYPES)),
            _ => Self::TypeOrType(pick(dice, &TYPES), pick(dice, &TYPES)),
        }
    }

    pub(super) fn holds(&self, phone: &Phone) -> bool {
        match self {
            Self::Type(kind) => phone.kind == Some(kind),
            Self::Value(value) => phone.value == Some(value),
            Self::Primary => phone.primary,
            Self::TypeAndValue(kind, value) => phone.kind == Some(kind) && phone.value == Some(value),
            Self::NotType(kind) => phone.kind != Some(kind),
            Self::TypeOrType(one, other) => phone.kind == Some(one) || phone.kind == Some(other),
        }
    }

    /// The element that a pure `eq`-and-`and` filter describes (cases h and n).
    pub(super) fn described(&self) -> Option<Phone> {
        let empty = Phone::default();
        match self {
            Self::Type(kind) => Some(Phone { kind: Some(kind), ..empty }),
            Self::Value(value) => Some(Phone { value: Some(value), ..empty }),
            Self::Primary => Some(Phone { primary: true, ..empty }),
            Self::TypeAndValue(kind, value) => Some(Phone { kind: Some(kind), value: Some(value), ..empty }),
            Self::NotType(_) | Self::TypeOrType(..) => None,
        }
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Type(kind) => format!("type eq {}", json!(kind)),
            Self::Value(value) => format!("value eq {}", json!(value)),
            Self::Primary => "primary eq true".to_owned(),
            Self::TypeAndValue(kind, value) => format!("type eq {} and value eq {}", json!(kind), json!(value)),
            Self::NotType(kind) => format!("not (type eq {})", json!(kind)),
            Self::TypeOrType(one, other) => format!("type eq {} or type eq {}", json!(one), json!(other)),
        }
    }
}

/// One operation.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// `title`, by path.
    Title(Option<&'static str>),
    RemoveTitle,
    /// Parts of `name`: as one object, or one by its path.
    Name(&'static str, Vec<(&'static str, &'static str)>),
    NamePart(&'static str, Option<&'static str>),
    RemoveName,
    Active(bool),
    RemoveActive,
    AddPhones(Vec<Phone>),
    ReplacePhones(Vec<Phone>),
    RemovePhones,
    RemoveListed(Vec<Phone>),
    RemoveWhich(Which),
    SetSub(&'static str, Which, &'static str, &'static str),
    SetPrimary(Which),
    RemoveSub(Which, &'static str),
    Merge(Which, Phone),
    Swap(Which, Phone),
    Department(Option<&'static str>),
    Extension(&'static str, Option<&'static str>),
    RemoveExtension,
    /// Without a path: title, a dotted name, a department under its URN, phones.
    Pathless(&'static str, Option<&'static str>, Option<&'static str>, Option<&'static str>, Option<Vec<Phone>>),
    /// What may not be written.
    ReadOnly,
}

pub(super) fn phones(dice: &mut StdRng) -> Vec<Phone> {
    (0..dice.random_range(0..3)).map(|_| Phone::draw(dice)).collect()
}

impl Step {
    pub(super) fn draw(dice: &mut StdRng) -> Self {
        let some = |dice: &mut StdRng| dice.random_bool(0.6).then(|| pick(dice, &TEXTS));
        let set = |dice: &mut StdRng| pick(dice, &["add", "replace", "Add", "Replace"]);
        match dice.random_range(0..27) {
            0 => Self::Title(some(dice)),
            1 => Self::RemoveTitle,
            2 => {
                let parts =
                    ["familyName", "givenName"].into_iter().filter(|_| dice.random_bool(0.6)).collect::<Vec<_>>();
                Self::Name(set(dice), parts.into_iter().map(|part| (part, pick(dice, &TEXTS))).collect())
            }
            3 => Self::NamePart(pick(dice, &["familyName", "givenName", "middleName"]), some(dice)),
            4 => Self::RemoveName,
            5 => Self::Active(dice.random_bool(0.5)),
            6 if dice.random_bool(0.2) => Self::RemoveActive,
            7..=9 => Self::AddPhones(phones(dice)),
            10 | 11 => Self::ReplacePhones(phones(dice)),
            12 => Self::RemovePhones,
            13 => Self::RemoveListed(phones(dice)),
            14 => Self::RemoveWhich(Which::draw(dice)),
            15..=17 => {
                Self::SetSub(set(dice), Which::draw(dice), pick(dice, &["value", "display"]), pick(dice, &TEXTS))
            }
            18 => Self::SetPrimary(Which::draw(dice)),
            19 => Self::RemoveSub(Which::draw(dice), pick(dice, &["value", "display", "type"])),
            20 => Self::Merge(Which::draw(dice), Phone::draw(dice)),
            21 => Self::Swap(Which::draw(dice), Phone::draw(dice)),
            22 => Self::Department(some(dice)),
            23 => Self::Extension(set(dice), some(dice)),
            24 if dice.random_bool(0.5) => Self::RemoveExtension,
            25 if dice.random_bool(0.1) => Self::ReadOnly,
            _ => {
                let listed = dice.random_bool(0.4).then(|| phones(dice)).filter(|listed| !listed.is_empty());
                Self::Pathless(set(dice), some(dice), some(dice), some(dice), listed)
            }
        }
    }

    pub(super) fn body(&self) -> Value {
        let list = |phones: &[Phone]| phones.iter().map(Phone::body).collect::<Vec<_>>();
        let at = |which: &Which| format!("phoneNumbers[{}]", which.text());
        match self {
            Self::Title(text) => json!({"op": "replace", "path": "title", "value": text}),
            Self::RemoveTitle => json!({"op": "remove", "path": "title"}),
            Self::Name(op, parts) => {
                let parts: BTreeMap<_, _> = parts.iter().copied().collect();
                json!({"op": op, "path": "name", "value": parts})
            }
            Self::NamePart(part, Some(text)) => json!({"op": "replace", "path": format!("name.{part}"), "value": text}),
            Self::NamePart(part, None) => json!({"op": "remove", "path": format!("name.{part}")}),
            Self::RemoveName => json!({"op": "remove", "path": "name"}),
            Self::Active(active) => {
                json!({"op": "Replace", "path": "active", "value": if *active { "True" } else { "False" }})
            }
            Self::RemoveActive => json!({"op": "remove", "path": "active"}),
            Self::AddPhones(phones) => json!({"op": "add", "path": "phoneNumbers", "value": list(phones)}),
            Self::ReplacePhones(phones) => json!({"op": "replace", "path": "phoneNumbers", "value": list(phones)}),
            Self::RemovePhones => json!({"op": "remove", "path": "phoneNumbers"}),
            Self::RemoveListed(phones) => json!({"op": "Remove", "path": "phoneNumbers", "value": listed(phones)}),
            Self::RemoveWhich(which) => json!({"op": "remove", "path": at(which)}),
            Self::SetSub(op, which, sub, text) => {
                json!({"op": op, "path": format!("{}.{sub}", at(which)), "value": text})
            }
            Self::SetPrimary(which) => json!({"op": "add", "path": format!("{}.primary", at(which)), "value": "True"}),
            Self::RemoveSub(which, sub) => json!({"op": "remove", "path": format!("{}.{sub}", at(which))}),
            Self::Merge(which, phone) => json!({"op": "add", "path": at(which), "value": phone.body()}),
            Self::Swap(which, phone) => json!({"op": "replace", "path": at(which), "value": phone.body()}),
            Self::Department(Some(text)) => {
                json!({"op": "add", "path": format!("{ENTERPRISE}:department"), "value": text})
            }
            Self::Department(None) => json!({"op": "remove", "path": format!("{ENTERPRISE}:department")}),
            Self::Extension(op, text) => {
                json!({"op": op, "path": ENTERPRISE, "value": {"department": text, "division": "d"}})
            }
            Self::RemoveExtension => json!({"op": "remove", "path": ENTERPRISE}),
            Self::Pathless(op, title, given, department, phones) => {
                let mut value = json!({"id": "x"});
                let texts = [
                    ("title".to_owned(), title),
                    ("name.givenName".to_owned(), given),
                    (format!("{ENTERPRISE}:department"), department),
                ];
                for (name, text) in texts {
                    if let Some(text) = text {
                        value[name] = json!(text);
                    }
                }
                if let Some(phones) = phones {
                    value["phoneNumbers"] = json!(list(phones));
                }
                json!({"op": op, "value": value})
            }
            Self::ReadOnly => json!({"op": "replace", "path": "id", "value": "mine"}),
        }
    }
}

/// A removal lists values, and types where they are known.
pub(super) fn listed(phones: &[Phone]) -> Vec<Value> {
    phones.iter().map(|phone| Phone { display: None, primary: false, ..phone.clone() }.body()).collect()
}
