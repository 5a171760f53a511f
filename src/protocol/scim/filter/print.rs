//! Printing a filter back, in canonical spelling: it reads back as the same tree.

use std::fmt;

use chrono::SecondsFormat;
use serde_json::Value;

use crate::protocol::scim::filter::AttrPath;
use crate::protocol::scim::filter::Comparison;
use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::filter::Literal;

impl fmt::Display for AttrPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(urn) = &self.urn {
            write!(out, "{urn}:")?;
        }
        out.write_str(&self.name)?;
        match &self.sub {
            Some(sub) => write!(out, ".{sub}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Boolean(value) => write!(out, "{value}"),
            Self::Number(value) => write!(out, "{value}"),
            Self::Text(text) => write!(out, "{}", Value::from(text.as_str())),
            Self::Time(instant) => write!(out, "\"{}\"", instant.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {} {}", self.path, self.op.word(), self.value)
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(all) => joined(out, all, " and "),
            Self::Or(all) => joined(out, all, " or "),
            Self::Not(one) => write!(out, "not ({one})"),
            Self::Compare(term) => write!(out, "{term}"),
            Self::Present(path) => write!(out, "{path} pr"),
            Self::Element { path, filter } => write!(out, "{path}[{filter}]"),
            Self::Elsewhere(one) => write!(out, "{one}"),
        }
    }
}

fn joined(out: &mut fmt::Formatter<'_>, all: &[Filter], word: &str) -> fmt::Result {
    for (at, one) in all.iter().enumerate() {
        if at > 0 {
            out.write_str(word)?;
        }
        match one {
            Filter::Or(_) | Filter::And(_) => write!(out, "({one})")?,
            _ => write!(out, "{one}")?,
        }
    }
    Ok(())
}
