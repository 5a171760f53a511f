//! E-mail addresses: reading, the domain, the key of comparison. An e-mail is never an identity (law 4).

use crate::base::fold::fold;
use serde::{Deserialize, Serialize};

/// An e-mail address, kept as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email {
    written: String,
    at: usize,
}

/// A text that is no e-mail address that we could use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an e-mail address")]
pub struct NotAnEmail;

impl Email {
    /// Reads an address, spaces around it left out.
    ///
    /// Stricter than RFC 5322: no quotes, comments or lists, which no sign-in page needs; the domain has a dot inside
    /// or is one label, and is at most 253 bytes; the whole is at most 254 (RFC 5321 §4.5.3.1).
    ///
    /// # Errors
    /// [`NotAnEmail`] for everything else.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        let written = text.trim();
        let at = written.rfind('@').ok_or(NotAnEmail)?;
        let (local, domain) = (&written[..at], &written[at + 1..]);
        let bad =
            |c: char| c.is_control() || c.is_whitespace() || matches!(c, '"' | '(' | ')' | '<' | '>' | ',' | ';' | '@');
        if local.is_empty() || written.len() > 254 || local.contains(bad) || normal_domain(domain).is_none() {
            return Err(NotAnEmail);
        }
        Ok(Self { written: written.to_owned(), at })
    }

    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.written
    }

    /// The domain, folded, without a dot at the end: what verified domains are compared with.
    #[must_use]
    pub fn domain(&self) -> String {
        normal_domain(&self.written[self.at + 1..]).unwrap_or_default()
    }

    /// The whole address folded: the key of comparison.
    #[must_use]
    pub fn key(&self) -> String {
        [&fold(&self.written[..self.at]), "@", &self.domain()].concat()
    }
}

/// A domain name as domains are kept and compared: folded, without a dot at the end; `None` where it is none.
#[must_use]
pub fn normal_domain(text: &str) -> Option<String> {
    let domain = fold(text.strip_suffix('.').unwrap_or(text));
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    (domain.len() <= 253 && domain.split('.').all(label)).then_some(domain)
}

impl std::fmt::Display for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written)
    }
}

impl std::str::FromStr for Email {
    type Err = NotAnEmail;

    fn from_str(text: &str) -> Result<Self, NotAnEmail> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Email {
    type Error = NotAnEmail;

    fn try_from(text: String) -> Result<Self, NotAnEmail> {
        Self::parse(&text)
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_written_and_compared_folded() {
        let email = Email::parse(" Ana@Acme.Test. ").unwrap();
        assert_eq!(email.as_str(), "Ana@Acme.Test.");
        assert_eq!(email.domain(), "acme.test");
        assert_eq!(email.key(), "ana@acme.test");
    }

    #[test]
    fn what_could_be_read_as_two_addresses_is_none() {
        for text in [
            "",
            "ana",
            "@acme.test",
            "ana@",
            "a@b@acme.test",
            "a,b@acme.test",
            "ana@acme..test",
            "a b@acme.test",
            "ana@acme.test\r\nBcc: x@y.z",
            "<ana@acme.test>",
            "ana@-acme.test",
            "ana@[127.0.0.1]",
        ] {
            assert_eq!(Email::parse(text), Err(NotAnEmail), "{text:?}");
        }
    }
}
