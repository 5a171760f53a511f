//! A stored document as its text: looked at by its fields, none of which is parsed unless somebody asks for it.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::protocol::scim::Document;
use crate::protocol::scim::filter::Subject;

/// The text of a JSON object, and where its fields are.
#[derive(Debug, Clone)]
pub struct Outline {
    text: String,
    fields: Vec<(Range<usize>, Range<usize>)>,
}

/// The fields of an object in the text that they stand in.
struct Fields<'a>(Vec<(&'a str, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::with_capacity(16);
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

impl Outline {
    /// The outline of a text that this program wrote: an object without room around it, whose names need no escapes. Any
    /// other text comes back.
    ///
    /// # Errors
    /// The text.
    pub fn of(text: String) -> Result<Self, String> {
        let places = match serde_json::from_str::<Fields<'_>>(&text) {
            Ok(Fields(fields)) if text.starts_with('{') && text.ends_with('}') => {
                let place = |part: &str| {
                    let from = part.as_ptr().addr() - text.as_ptr().addr();
                    from..from + part.len()
                };
                Some(fields.iter().map(|(name, value)| (place(name), place(value.get()))).collect())
            }
            _ => None,
        };
        match places {
            Some(fields) => Ok(Self { text, fields }),
            None => Err(text),
        }
    }

    /// The names of the fields and the texts of their values, in their order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (&self.text[name.clone()], &self.text[value.clone()]))
    }

    /// The text of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The fields as they stand between the braces; empty where there is none.
    #[must_use]
    pub fn inside(&self) -> &str {
        &self.text[1..self.text.len() - 1]
    }

    /// All of it, parsed.
    ///
    /// # Errors
    /// When the text is not what a document of ours is.
    pub fn parse(&self) -> Result<Document, serde_json::Error> {
        serde_json::from_str(&self.text)
    }
}

/// The names in the text of an object; `None` where it is none, or where a name needs escapes.
#[must_use]
pub fn names_in(object: &str) -> Option<Vec<&str>> {
    let Fields(fields) = serde_json::from_str(object).ok()?;
    Some(fields.into_iter().map(|(name, _)| name).collect())
}

impl Subject for Outline {
    fn attribute(&self, urn: Option<&str>, name: &str) -> Option<Cow<'_, Value>> {
        // A text that has been passed over as JSON parses, numbers aside that no document of ours can hold.
        let parsed = |text: &str| serde_json::from_str::<Value>(text).ok();
        match urn {
            None => parsed(self.get(name)?).map(Cow::Owned),
            Some(urn) => match parsed(self.get(urn)?)? {
                Value::Object(mut fields) => fields.shift_remove(name).map(Cow::Owned),
                _ => None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_is_looked_at_by_its_fields() {
        let text = r#"{"userName":"ada","name":{"givenName":"A\"d}a","x":[1,{}]},"urn:x:User":{"team":"north"},"active":true}"#;
        let outline = Outline::of(text.to_owned()).unwrap();
        assert_eq!(
            outline.fields().map(|(name, _)| name).collect::<Vec<_>>(),
            ["userName", "name", "urn:x:User", "active"]
        );
        assert_eq!(outline.get("userName"), Some("\"ada\""));
        assert_eq!(outline.attribute(None, "name").unwrap()["givenName"], "A\"d}a");
        assert_eq!(*outline.attribute(Some("urn:x:User"), "team").unwrap(), json!("north"));
        assert!(
            outline.attribute(Some("urn:x:User"), "other").is_none() && outline.attribute(None, "username").is_none()
        );
        assert_eq!(Value::Object(outline.parse().unwrap()), serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(format!("{{{}}}", outline.inside()), text);
        assert_eq!(names_in(outline.get("name").unwrap()).unwrap(), ["givenName", "x"]);
        assert_eq!(Outline::of("{}".into()).unwrap().inside(), "");
    }

    #[test]
    fn what_is_no_plain_object_comes_back() {
        for text in ["", "[]", "{\"a\":1", "{\"a\\u0062\":1}", " {\"a\":1}", "{\"a\":1}\n", "{\"a\":1} x"] {
            assert_eq!(Outline::of(text.to_owned()).unwrap_err(), text);
        }
    }
}
