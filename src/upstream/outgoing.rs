//! The guarded client: every call that leaves the house goes through it.
//!
//! A name is resolved once, by [`Guard`], and the connection goes to exactly the addresses that passed; no second look-up
//! can give another answer (DNS rebinding). Addresses that stand in a URL are never resolved, so they are checked here.

use super::address;
use crate::base::class::{Class, Classify};
use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Client, Method};
use secrecy::{ExposeSecret as _, SecretString};
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use url::{Host, Url};

/// How long a whole call may take, unless it says otherwise.
pub const TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of JSON that are read.
pub const MAX_JSON: usize = 256 * 1024;
/// The most bytes of a metadata document that are read.
pub const MAX_METADATA: usize = 1024 * 1024;

/// The one reason for which a call failed.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    /// Not an http(s) address with a host and without credentials.
    #[error("this is not an address that can be called")]
    BadAddress,
    /// http where only https will do.
    #[error("the address is not https")]
    PlainHttp,
    /// The host is, or its name stands for, an address that may not be reached.
    #[error("the address is not on the public internet (the operator can allow it: upstream.allow)")]
    AddressRefused,
    /// The name stands for no address.
    #[error("the host name cannot be resolved")]
    NameUnknown,
    /// It took too long.
    #[error("the other side did not answer in time")]
    TimedOut,
    /// No connection, or no TLS that could be trusted.
    #[error("the other side cannot be reached over a trusted connection")]
    NotConnected(#[source] reqwest::Error),
    /// The connection broke while speaking.
    #[error("the connection broke")]
    Broken(#[source] reqwest::Error),
    /// The answer points elsewhere; it is not followed.
    #[error("the other side redirects, which is not followed")]
    Redirected,
    /// The answer is larger than it may be.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The most bytes that would have been read.
        limit: usize,
    },
    /// The answer has a status that is no success.
    #[error("the other side answered with status {0}")]
    Status(u16),
    /// A header value with bytes that no header can carry.
    #[error("a header value has bytes that no header can carry")]
    BadHeader,
    /// The client itself could not be made.
    #[error("the client for outgoing calls could not be made")]
    NoClient(#[source] reqwest::Error),
}

impl Classify for OutgoingError {
    fn class(&self) -> Class {
        match self {
            Self::BadAddress | Self::PlainHttp | Self::AddressRefused | Self::NameUnknown | Self::BadHeader => {
                Class::BadInput
            }
            Self::TimedOut | Self::NotConnected(_) | Self::Broken(_) => Class::Busy,
            Self::Redirected | Self::TooLarge { .. } | Self::Status(_) => Class::Conflict,
            Self::NoClient(_) => Class::Bug,
        }
    }
}

/// One call. It prints its address alone.
pub struct Call<'a> {
    url: &'a Url,
    method: Method,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Option<Vec<u8>>,
    limit: usize,
    timeout: Duration,
}

impl std::fmt::Debug for Call<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Call({} {})", self.method, self.url.origin().ascii_serialization())
    }
}

impl<'a> Call<'a> {
    /// A GET whose answer has at most `limit` bytes.
    #[must_use]
    pub fn get(url: &'a Url, limit: usize) -> Self {
        Self { url, method: Method::GET, headers: Vec::new(), body: None, limit, timeout: TIMEOUT }
    }

    /// A POST of `body`, whose answer has at most `limit` bytes.
    #[must_use]
    pub fn post(url: &'a Url, content_type: &'static str, body: Vec<u8>, limit: usize) -> Self {
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static(content_type))];
        Self { url, method: Method::POST, headers, body: Some(body), limit, timeout: TIMEOUT }
    }

    /// Asks for a media type.
    #[must_use]
    pub fn accept(mut self, media_type: &'static str) -> Self {
        self.headers.push((ACCEPT, HeaderValue::from_static(media_type)));
        self
    }

    /// Adds a header.
    ///
    /// # Errors
    /// [`OutgoingError::BadHeader`] when no header can carry the value.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self, OutgoingError> {
        let value = HeaderValue::from_str(value).map_err(|_| OutgoingError::BadHeader)?;
        self.headers.push((HeaderName::from_static(name), value));
        Ok(self)
    }

    /// Adds the `Authorization` header, kept out of every print.
    ///
    /// # Errors
    /// [`OutgoingError::BadHeader`] when no header can carry the value.
    pub fn authorization(mut self, value: &SecretString) -> Result<Self, OutgoingError> {
        let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| OutgoingError::BadHeader)?;
        value.set_sensitive(true);
        self.headers.push((AUTHORIZATION, value));
        Ok(self)
    }

    /// Another time limit for the whole call.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

/// What came back, whatever its status was (a redirect is an error already).
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The media type, without parameters, in lower case.
    pub media_type: Option<String>,
    /// The body, no longer than the call's limit.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the status is 2xx.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body of a success.
    ///
    /// # Errors
    /// [`OutgoingError::Status`] for any other status.
    pub fn success(self) -> Result<Vec<u8>, OutgoingError> {
        if self.is_success() { Ok(self.body) } else { Err(OutgoingError::Status(self.status)) }
    }
}

/// The client. Copies share their connections.
#[derive(Clone)]
pub struct Outgoing {
    allow: Arc<[IpNet]>,
    secure: Client,
    plain: Client,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing").field("allow", &self.allow).finish_non_exhaustive()
    }
}

impl Outgoing {
    /// A client that reaches the public internet over https, and the networks of `allow` also over http.
    ///
    /// # Errors
    /// [`OutgoingError::NoClient`] when the machine's certificate store cannot be used.
    pub fn new(allow: Vec<IpNet>) -> Result<Self, OutgoingError> {
        let allow: Arc<[IpNet]> = allow.into();
        let client = |public| {
            Client::builder()
                .dns_resolver(Guard { allow: Arc::clone(&allow), public })
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .connect_timeout(TIMEOUT)
                .pool_idle_timeout(Duration::from_secs(30))
                .user_agent(concat!("doorward/", env!("CARGO_PKG_VERSION")))
                .build()
                .map_err(OutgoingError::NoClient)
        };
        Ok(Self { secure: client(true)?, plain: client(false)?, allow })
    }

    /// Whether an http address may pass for now: its host is an allowed address, or a name while any address is allowed.
    /// What the name stands for is checked when it is called.
    #[must_use]
    pub fn may_be_plain(&self, url: &Url) -> bool {
        match ip_of(url) {
            Some(ip) => address::allowed(ip, &self.allow),
            None => !self.allow.is_empty(),
        }
    }

    /// Makes a call.
    ///
    /// # Errors
    /// The [`OutgoingError`] that says why there is no answer.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, OutgoingError> {
        let client = self.client_for(call.url)?;
        let mut request = client.request(call.method, call.url.clone()).timeout(call.timeout);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        if let Some(body) = call.body {
            request = request.body(body);
        }
        let mut answer = request.send().await.map_err(failure)?;
        if answer.status().is_redirection() {
            return Err(OutgoingError::Redirected);
        }
        let too_large = OutgoingError::TooLarge { limit: call.limit };
        if answer.content_length().is_some_and(|length| length > call.limit as u64) {
            return Err(too_large);
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(failure)? {
            if body.len() + chunk.len() > call.limit {
                return Err(too_large);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: answer.status().as_u16(), media_type: media_type(&answer), body })
    }

    fn client_for(&self, url: &Url) -> Result<&Client, OutgoingError> {
        if !url.has_host() || !url.username().is_empty() || url.password().is_some() {
            return Err(OutgoingError::BadAddress);
        }
        let client = match url.scheme() {
            "https" => &self.secure,
            "http" if self.may_be_plain(url) => &self.plain,
            "http" => return Err(OutgoingError::PlainHttp),
            _ => return Err(OutgoingError::BadAddress),
        };
        if ip_of(url).is_some_and(|ip| !address::reachable(ip, &self.allow)) {
            return Err(OutgoingError::AddressRefused);
        }
        Ok(client)
    }
}

/// The address that stands in a URL in place of a name, in whatever spelling.
fn ip_of(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(ip) => Some(ip.into()),
        Host::Ipv6(ip) => Some(ip.into()),
        Host::Domain(_) => None,
    }
}

fn media_type(answer: &reqwest::Response) -> Option<String> {
    let text = answer.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    Some(text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Says what a failure of the library was. Its address is taken off: a query may hold secrets.
fn failure(error: reqwest::Error) -> OutgoingError {
    let error = error.without_url();
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(inner) = cause {
        match inner.downcast_ref::<NoAddress>() {
            Some(NoAddress::Refused) => return OutgoingError::AddressRefused,
            Some(NoAddress::Unknown) => return OutgoingError::NameUnknown,
            None => cause = inner.source(),
        }
    }
    if error.is_timeout() {
        OutgoingError::TimedOut
    } else if error.is_connect() {
        OutgoingError::NotConnected(error)
    } else {
        OutgoingError::Broken(error)
    }
}

#[derive(Debug, thiserror::Error)]
enum NoAddress {
    #[error("the name stands only for addresses that may not be reached")]
    Refused,
    #[error("the name stands for no address")]
    Unknown,
}

/// Resolves names to addresses that may be reached; with `public` unset, to allowed ones alone.
struct Guard {
    allow: Arc<[IpNet]>,
    public: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow, public) = (Arc::clone(&self.allow), self.public);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await.map_err(|_| NoAddress::Unknown)?;
            let found: Vec<SocketAddr> = found.collect();
            if found.is_empty() {
                return Err(NoAddress::Unknown.into());
            }
            let good = |ip| address::allowed(ip, &allow) || (public && address::reachable(ip, &allow));
            let passed: Vec<SocketAddr> = found.into_iter().filter(|found| good(found.ip())).collect();
            if passed.is_empty() {
                return Err(NoAddress::Refused.into());
            }
            Ok(Box::new(passed.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests;
