//! What a browser got for an address.

use super::html::{Form, Link, Markup};
use crate::lab::error::LabError;
use reqwest::Method;
use reqwest::header::{self, HeaderMap};
use serde_json::Value;
use url::Url;

/// One exchange of a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The method.
    pub method: Method,
    /// The whole address.
    pub url: Url,
    /// The status of the answer.
    pub status: u16,
}

impl std::fmt::Display for Step {
    /// Without the query: codes and tokens stand there.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let origin = self.url.origin().ascii_serialization();
        write!(f, "{} {origin}{} {}", self.method, self.url.path(), self.status)
    }
}

/// An answer, with what stands on it.
#[derive(Debug, Clone)]
pub struct Page {
    /// The address that gave it.
    pub url: Url,
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body as text.
    pub body: String,
}

impl Page {
    /// Where a redirect leads; none when it is no redirect.
    #[must_use]
    pub fn redirect(&self) -> Option<Url> {
        if !matches!(self.status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        self.url.join(self.headers.get(header::LOCATION)?.to_str().ok()?).ok()
    }

    /// The value of a header, when it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The forms, in order.
    #[must_use]
    pub fn forms(&self) -> Vec<Form> {
        Markup::read(&self.body).forms
    }

    /// The links, in order.
    #[must_use]
    pub fn links(&self) -> Vec<Link> {
        Markup::read(&self.body).links
    }

    /// The text that a person reads, spaces collapsed.
    #[must_use]
    pub fn text(&self) -> String {
        Markup::read(&self.body).text
    }

    /// Whether a script on it posts its only form without waiting for a person.
    #[must_use]
    pub fn posts_itself(&self) -> bool {
        let markup = Markup::read(&self.body);
        self.status == 200 && markup.submits && markup.forms.len() == 1 && markup.forms[0].post
    }

    pub(super) fn without(&self, what: &'static str) -> LabError {
        let mut url = self.url.clone();
        url.set_query(None);
        LabError::NotOnPage { url: url.to_string(), status: self.status, what }
    }
}
