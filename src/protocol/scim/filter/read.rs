//! Literals: read as JSON (or loosely), then typed by the attribute that they are compared with.

use serde_json::Number;
use serde_json::Value;

use crate::protocol::scim::datetime;
use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::AttrPath;
use crate::protocol::scim::filter::CompareOp;
use crate::protocol::scim::filter::Literal;
use crate::protocol::scim::filter::parse::Parser;
use crate::protocol::scim::filter::parse::Raw;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::schema::AttributeType;

pub(super) fn literal(parser: &mut Parser<'_>, path: &AttrPath, op: CompareOp) -> Result<Literal, ScimError> {
    let raw = raw(parser)?;
    let equality = matches!(op, CompareOp::Eq | CompareOp::Ne);
    let within = matches!(op, CompareOp::Co | CompareOp::Sw | CompareOp::Ew);
    if raw.value.is_null() {
        return if equality { Ok(Literal::Null) } else { Err(parser.fault("null goes with eq and ne only")) };
    }
    if equality && path.leaf != AttributeType::String && raw.value.as_str() == Some("") {
        return Ok(Literal::Null);
    }
    match path.leaf {
        AttributeType::Boolean if !equality => Err(parser.fault("a boolean compares by eq and ne only")),
        AttributeType::Binary if !equality && !within => Err(parser.fault("binary values have no order")),
        AttributeType::Boolean => boolean(parser, &raw.value),
        AttributeType::Decimal | AttributeType::Integer if within => {
            Err(parser.fault("a number compares by eq, ne, gt, ge, lt and le only"))
        }
        AttributeType::Decimal | AttributeType::Integer => number(parser, raw.value),
        AttributeType::DateTime if !within => time(parser, &raw.value),
        _ => text(parser, raw),
    }
}

fn boolean(parser: &mut Parser<'_>, value: &Value) -> Result<Literal, ScimError> {
    match value {
        Value::Bool(value) => return Ok(Literal::Boolean(*value)),
        Value::String(text) => {
            for (word, meaning) in [("true", true), ("false", false)] {
                if text.eq_ignore_ascii_case(word) && parser.applied.allow(parser.profile, Quirk::BooleanText) {
                    return Ok(Literal::Boolean(meaning));
                }
            }
        }
        _ => {}
    }
    Err(parser.fault("the attribute is a boolean; compare it with true or false"))
}

fn number(parser: &mut Parser<'_>, value: Value) -> Result<Literal, ScimError> {
    match value {
        Value::Number(number) => return Ok(Literal::Number(number)),
        Value::String(text) => {
            if let Ok(number) = serde_json::from_str::<Number>(&text)
                && parser.applied.allow(parser.profile, Quirk::NumberText)
            {
                return Ok(Literal::Number(number));
            }
        }
        _ => {}
    }
    Err(parser.fault("the attribute is a number; compare it with a number"))
}

fn time(parser: &Parser<'_>, value: &Value) -> Result<Literal, ScimError> {
    value.as_str().and_then(datetime::parse).map(Literal::Time).ok_or_else(|| {
        parser.fault("the attribute is a dateTime; compare it with one such as \"2026-01-31T08:00:00Z\"")
    })
}

fn text(parser: &mut Parser<'_>, raw: Raw<'_>) -> Result<Literal, ScimError> {
    match raw.value {
        Value::String(text) => Ok(Literal::Text(text)),
        _ if parser.applied.allow(parser.profile, Quirk::NumberText) => Ok(Literal::Text(raw.written.to_owned())),
        _ => Err(parser.fault("the attribute is a text; put the value in double quotes")),
    }
}

fn raw<'a>(parser: &mut Parser<'a>) -> Result<Raw<'a>, ScimError> {
    let rest = parser.rest();
    match rest.chars().next() {
        None => Err(parser.fault("a value is missing")),
        Some('"') => quoted(parser, rest),
        Some('\'') if parser.profile.allows(Quirk::LooseLiteral) => single_quoted(parser, rest),
        Some(_) => bare(parser, rest),
    }
}

fn quoted<'a>(parser: &mut Parser<'a>, rest: &'a str) -> Result<Raw<'a>, ScimError> {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => {
                let written = &rest[..=at];
                let value: Value = serde_json::from_str(written)
                    .map_err(|_| parser.fault("the text has an escape that JSON does not know; double a backslash"))?;
                // A path's filter can become an element, so that this is a way into a document, too.
                if value.as_str().is_some_and(|text| text.contains('\0')) {
                    return Err(parser.fault("U+0000 is in no value; leave it out"));
                }
                parser.skip(written.len());
                return Ok(Raw { value, written });
            }
            _ => {}
        }
    }
    Err(parser.fault("the closing quote is missing"))
}

fn single_quoted<'a>(parser: &mut Parser<'a>, rest: &'a str) -> Result<Raw<'a>, ScimError> {
    let Some(length) = rest[1..].find('\'') else { return Err(parser.fault("the closing quote is missing")) };
    parser.applied.note(Quirk::LooseLiteral);
    let written = &rest[1..=length];
    parser.skip(length + 2);
    Ok(Raw { value: Value::from(written), written })
}

fn bare<'a>(parser: &mut Parser<'a>, rest: &'a str) -> Result<Raw<'a>, ScimError> {
    let word = rest.find(|next: char| next.is_whitespace() || ")]([\"".contains(next)).unwrap_or(rest.len());
    let mut written = &rest[..word];
    if written.is_empty() || rest[word..].starts_with(['"', '(', '[']) {
        return Err(parser.fault("a value is expected, a text in double quotes"));
    }
    let value = match written {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        _ => match serde_json::from_str::<Number>(written) {
            Ok(number) => Value::Number(number),
            Err(_) if parser.applied.allow(parser.profile, Quirk::LooseLiteral) => {
                written = loose(rest);
                Value::from(written)
            }
            Err(_) => return Err(parser.fault("a text stands in double quotes")),
        },
    };
    parser.skip(written.len());
    Ok(Raw { value, written })
}

/// A text without quotes may have spaces (Ping sends names so): it ends before the words `and` and `or`, a closing
/// bracket, or with the filter.
fn loose(rest: &str) -> &str {
    let end = rest.find([')', ']', '"', '(', '[']).unwrap_or(rest.len());
    let text = &rest[..end];
    let joint = text.char_indices().find(|(at, next)| {
        let after = text[*at..].trim_start();
        let is_joint = |word: &str| {
            after.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word))
                && after[word.len()..].chars().next().is_none_or(char::is_whitespace)
        };
        next.is_whitespace() && (is_joint("and") || is_joint("or"))
    });
    text[..joint.map_or(end, |(at, _)| at)].trim_end()
}
