//! Why the emulated world could not do what it was asked.

use std::net::SocketAddr;

/// A failure of the emulated world itself, never of the product under it.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The address is taken or may not be used.
    #[error("cannot listen on {address}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// Why the system refused.
        #[source]
        source: std::io::Error,
    },
    /// No key could be made or read.
    #[error("cannot make a key")]
    Key(#[from] aws_lc_rs::error::Unspecified),
    /// A fresh key was not taken back by the library that made it.
    #[error("a fresh key was refused")]
    KeyRejected(#[from] aws_lc_rs::error::KeyRejected),
    /// A JSON Web Token could not be made or does not hold.
    #[error("a JSON Web Token failed")]
    Jwt(#[from] jsonwebtoken::errors::Error),
    /// An XML signature could not be made.
    #[error("an XML signature failed")]
    XmlSignature(#[from] bergshamra::Error),
    /// A call did not come through.
    #[error("a call did not come through")]
    Http(#[from] reqwest::Error),
    /// An address that is not a URL.
    #[error("not a URL")]
    Url(#[from] url::ParseError),
    /// The IdP knows no such person.
    #[error("the IdP has no person of this name")]
    NoSuchPerson,
    /// The IdP knows no such client.
    #[error("the IdP has no client of this name")]
    NoSuchClient,
    /// The page has nothing of the kind that was to be used.
    #[error("the page {url} (status {status}) has no {what}")]
    NotOnPage {
        /// The page's address.
        url: String,
        /// Its status.
        status: u16,
        /// What was looked for.
        what: &'static str,
    },
    /// A chain of redirects did not end.
    #[error("too many redirects")]
    TooManyRedirects,
    /// The browser has not opened a page yet.
    #[error("no page is open")]
    NoPage,
    /// The panel app has not been told its client yet.
    #[error("the panel app has no client")]
    NotConfigured,
    /// The provider's answer is not what OpenID Connect promises.
    #[error("the provider's answer is wrong: {what}")]
    WrongAnswer {
        /// What does not hold.
        what: &'static str,
    },
}
