//! The judge: from the form field to a login, or to the first check that failed.

use super::assertion;
use super::document;
use super::expected::Expected;
use super::fault::SamlFault;
use super::fault::excerpt;
use super::login::Login;
use super::namespace::ASSERTION;
use super::namespace::PROTOCOL;
use super::namespace::SUCCESS;
use super::signed;
use super::time;
use super::time::Window;
use super::values;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use chrono::Duration;
use chrono::Utc;
use roxmltree::Node;

/// The largest `SAMLResponse` field, in bytes of base64.
pub const MAX_RESPONSE_BYTES: usize = 1024 * 1024;

/// The greatest age of a response or an assertion.
pub(super) const MAX_AGE: Duration = Duration::minutes(10);

/// Judges the one `SAMLResponse` field of a form that was posted to an ACS address (SAML Profiles 4.1.4).
///
/// The order is: transport, XML, status, shape, signatures, then what the message says. What is read as the login
/// comes from a signed element alone; what stands outside it can only lead to a refusal.
///
/// # Errors
/// The first check that fails. On success the caller must still use up the request and the assertion id.
pub fn verify_response(
    saml_response_base64: &str,
    expected: &Expected<'_>,
    now: DateTime<Utc>,
) -> Result<Login, SamlFault> {
    let raw = decode(saml_response_base64)?;
    let document = document::parse(document::admit(&raw)?)?;
    let response = document::response_of(&document)?;
    check_status(response)?;
    let shape = document::shape(response)?;
    let proof = signed::prove(shape, expected.keys)?;
    let window = Window::new(now, expected.skew);
    check_envelope(response, proof.response_is_signed, expected, window)?;
    assertion::read(proof.assertion, expected, window)
}

fn decode(field: &str) -> Result<Vec<u8>, SamlFault> {
    if field.len() > MAX_RESPONSE_BYTES {
        return Err(SamlFault::TooLarge);
    }
    let packed: String = field.split_ascii_whitespace().collect();
    if packed.is_empty() {
        return Err(SamlFault::NotBase64);
    }
    STANDARD.decode(packed).map_err(|_| SamlFault::NotBase64)
}

fn children<'d>(node: Node<'d, 'd>, name: (&'static str, &'static str)) -> impl Iterator<Item = Node<'d, 'd>> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// Looked at before the shape, because a refusal of the IdP holds no assertion; it can only make us refuse too.
fn check_status(response: Node<'_, '_>) -> Result<(), SamlFault> {
    let mut all = children(response, (PROTOCOL, "Status"));
    let (Some(status), None) = (all.next(), all.next()) else { return Err(SamlFault::StatusMissing) };
    let mut codes = children(status, (PROTOCOL, "StatusCode"));
    let (Some(code), None) = (codes.next(), codes.next()) else { return Err(SamlFault::StatusMissing) };
    let value = code.attribute("Value").ok_or(SamlFault::StatusMissing)?;
    if value == SUCCESS {
        return Ok(());
    }
    let nested = children(code, (PROTOCOL, "StatusCode")).next().and_then(|code| code.attribute("Value"));
    let message = children(status, (PROTOCOL, "StatusMessage")).next().and_then(|message| message.text());
    Err(SamlFault::Status {
        code: excerpt(value),
        nested: excerpt(nested.unwrap_or_default()),
        message: excerpt(message.unwrap_or_default()),
    })
}

/// The checks on the response element, which may be unsigned: it hands out nothing.
fn check_envelope(
    response: Node<'_, '_>,
    is_signed: bool,
    expected: &Expected<'_>,
    window: Window,
) -> Result<(), SamlFault> {
    const ELEMENT: &str = "Response";
    if response.attribute("Version") != Some("2.0") {
        return Err(SamlFault::Version { element: ELEMENT });
    }
    if response.attribute("ID").is_none() {
        return Err(SamlFault::Missing { element: "the ID of the Response" });
    }
    check_issued(response.attribute("IssueInstant"), ELEMENT, window)?;
    match response.attribute("Destination") {
        Some(destination) if destination == expected.acs_url => {}
        Some(other) => return Err(SamlFault::Destination { got: excerpt(other) }),
        None if is_signed => return Err(SamlFault::DestinationMissing),
        None => {}
    }
    let mut issuers = children(response, (ASSERTION, "Issuer"));
    if let Some(issuer) = issuers.next() {
        let element = "Issuer of the Response";
        let got = values::identifier(issuer).map_err(|source| SamlFault::Value { element, source })?;
        if got != expected.idp_entity_id {
            return Err(SamlFault::Issuer { element: ELEMENT, got: excerpt(got) });
        }
    }
    if issuers.next().is_some() {
        return Err(SamlFault::Repeated { element: "Issuer of the Response" });
    }
    check_in_response_to(response.attribute("InResponseTo"), ELEMENT, expected)
}

/// `IssueInstant`: there, not in the future, at most ten minutes old.
pub(super) fn check_issued(
    instant: Option<&str>,
    element: &'static str,
    window: Window,
) -> Result<DateTime<Utc>, SamlFault> {
    let text = instant.ok_or(SamlFault::Missing { element: "IssueInstant" })?;
    let issued = time::parse_instant(text).map_err(|source| SamlFault::Time { element: "IssueInstant", source })?;
    if !window.has_begun(issued) {
        return Err(SamlFault::IssuedInFuture { element });
    }
    if window.is_older(issued, MAX_AGE) {
        return Err(SamlFault::IssuedLongAgo { element });
    }
    Ok(issued)
}

/// With a request outstanding the answer must name it; without one it must name none, and be allowed at all.
pub(super) fn check_in_response_to(
    got: Option<&str>,
    element: &'static str,
    expected: &Expected<'_>,
) -> Result<(), SamlFault> {
    match (expected.request_id, got) {
        (Some(request), Some(got)) if request == got => Ok(()),
        (None, None) if expected.allow_idp_initiated => Ok(()),
        (None, None) => Err(SamlFault::Unsolicited),
        _ => Err(SamlFault::InResponseTo { element }),
    }
}
