//! An IdP's metadata: where to send people, and which keys to pin.

use super::certificate;
use super::certificate::Certificate;
use super::certificate::CertificateFault;
use super::document;
use super::fault::excerpt;
use super::key::SigningKey;
use super::metadata_fault::MetadataFault;
use super::namespace::DSIG;
use super::namespace::METADATA;
use super::namespace::POST;
use super::namespace::PROTOCOL;
use super::namespace::REDIRECT;
use super::time;
use super::values;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::DateTime;
use chrono::Utc;
use roxmltree::Node;
use serde::Deserialize;
use serde::Serialize;
use url::Url;

const MAX_BYTES: usize = 1024 * 1024;
const MAX_KEYS: usize = 8;

/// What a connection keeps of its IdP's metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdpMetadata {
    /// The IdP's entity id.
    pub entity_id: String,
    /// Where to sign in by redirect.
    pub sso_redirect: Option<String>,
    /// Where to sign in by a posted form. One of the two is always there.
    pub sso_post: Option<String>,
    /// Where to log out by redirect.
    pub slo_redirect: Option<Endpoint>,
    /// Where to log out by a posted form.
    pub slo_post: Option<Endpoint>,
    /// The pinned signing keys: 1 to 8, each once.
    pub signing_keys: Vec<SigningKey>,
    /// Whether the IdP says that it wants signed requests.
    pub want_authn_requests_signed: bool,
    /// The NameID formats that the IdP offers, by their URIs.
    pub name_id_formats: Vec<String>,
    /// Until when the metadata says it is good.
    pub valid_until: Option<DateTime<Utc>>,
    /// What an admin should know, though it is no reason to refuse.
    pub warnings: Vec<MetadataWarning>,
}

/// An address with, for logout, another one for answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Where requests go.
    pub location: String,
    /// Where answers go, if elsewhere.
    pub response_location: Option<String>,
}

/// What is odd about metadata that was taken. Keys are pinned, so that the dates of certificates decide nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MetadataWarning {
    /// A signing certificate has expired.
    CertificateExpired,
    /// A signing certificate is not valid yet.
    CertificateNotYetValid,
    /// A KeyDescriptor holds further certificates, whose keys are not pinned.
    FurtherCertificates,
    /// The IdP says that it wants signed requests; ours are not signed.
    WantsSignedRequests,
}

/// Reads an IdP's metadata (SAML Metadata 2.4.3).
///
/// `own_entity_id` is ours, which must not come back; `allow_http` says on which addresses plain http will do.
/// Where the document lists several entities, exactly one of them must be an IdP.
///
/// # Errors
/// The first thing that makes the metadata unusable. Without a signing key it is always refused.
pub fn parse_idp_metadata(
    xml: &[u8],
    own_entity_id: Option<&str>,
    now: DateTime<Utc>,
    allow_http: &dyn Fn(&Url) -> bool,
) -> Result<IdpMetadata, MetadataFault> {
    if xml.len() > MAX_BYTES {
        return Err(MetadataFault::TooLarge);
    }
    let document = document::parse(document::admit(xml)?)?;
    let idp = the_idp(document.root_element())?;
    let entity = idp.parent().ok_or(MetadataFault::NoIdp)?;
    let entity_id =
        values::check_identifier(entity.attribute("entityID").unwrap_or_default()).map_err(MetadataFault::EntityId)?;
    if own_entity_id == Some(entity_id) {
        return Err(MetadataFault::OurOwn);
    }
    let valid_until = check_validity(idp, now)?;
    let mut warnings = Vec::new();
    let signing_keys = read_keys(idp, now, &mut warnings)?;
    let at = |service, binding| endpoint(idp, service, binding, allow_http);
    let sso_redirect = at("SingleSignOnService", REDIRECT)?.map(|found| found.location);
    let sso_post = at("SingleSignOnService", POST)?.map(|found| found.location);
    if sso_redirect.is_none() && sso_post.is_none() {
        return Err(MetadataFault::NoSignOnLocation);
    }
    let want_authn_requests_signed = matches!(idp.attribute("WantAuthnRequestsSigned"), Some("true" | "1"));
    if want_authn_requests_signed {
        warnings.push(MetadataWarning::WantsSignedRequests);
    }
    let formats = named(idp, "NameIDFormat").filter_map(|format| values::text(format).ok());
    Ok(IdpMetadata {
        entity_id: entity_id.to_owned(),
        sso_redirect,
        sso_post,
        slo_redirect: at("SingleLogoutService", REDIRECT)?,
        slo_post: at("SingleLogoutService", POST)?,
        signing_keys,
        want_authn_requests_signed,
        name_id_formats: formats.map(|format| format.trim().to_owned()).collect(),
        valid_until,
        warnings,
    })
}

fn named<'d>(node: Node<'d, 'd>, name: &'static str) -> impl Iterator<Item = Node<'d, 'd>> {
    node.children().filter(move |child| child.has_tag_name((METADATA, name)))
}

/// The one IDPSSODescriptor for SAML 2.0 of the one entity that has it.
fn the_idp<'d>(root: Node<'d, 'd>) -> Result<Node<'d, 'd>, MetadataFault> {
    let mut entities = Vec::new();
    collect_entities(root, &mut entities);
    if entities.is_empty() && !root.has_tag_name((METADATA, "EntitiesDescriptor")) {
        return Err(MetadataFault::NotMetadata);
    }
    let speaks_saml2 = |idp: &Node<'_, '_>| {
        let protocols = idp.attribute("protocolSupportEnumeration").unwrap_or_default();
        protocols.split_ascii_whitespace().any(|protocol| protocol == PROTOCOL)
    };
    let mut idps = entities.into_iter().flat_map(|entity| named(entity, "IDPSSODescriptor")).filter(speaks_saml2);
    match (idps.next(), idps.next()) {
        (Some(idp), None) => Ok(idp),
        (Some(_), Some(_)) => Err(MetadataFault::SeveralIdps),
        (None, _) => Err(MetadataFault::NoIdp),
    }
}

fn collect_entities<'d>(node: Node<'d, 'd>, found: &mut Vec<Node<'d, 'd>>) {
    if node.has_tag_name((METADATA, "EntityDescriptor")) {
        found.push(node);
    } else if node.has_tag_name((METADATA, "EntitiesDescriptor")) {
        node.children().for_each(|child| collect_entities(child, found));
    }
}

/// The earliest `validUntil` on the way to the descriptor, which must lie ahead.
fn check_validity(idp: Node<'_, '_>, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, MetadataFault> {
    let mut earliest: Option<DateTime<Utc>> = None;
    for text in idp.ancestors().filter_map(|node| node.attribute("validUntil")) {
        let until = time::parse_instant(text).map_err(MetadataFault::ValidUntil)?;
        earliest = Some(earliest.map_or(until, |known| known.min(until)));
    }
    if earliest.is_some_and(|until| until <= now) {
        return Err(MetadataFault::Expired);
    }
    Ok(earliest)
}

fn read_keys(
    idp: Node<'_, '_>,
    now: DateTime<Utc>,
    warnings: &mut Vec<MetadataWarning>,
) -> Result<Vec<SigningKey>, MetadataFault> {
    let mut keys: Vec<SigningKey> = Vec::new();
    let mut warn = |warning| {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    };
    let signing = named(idp, "KeyDescriptor").filter(|key| matches!(key.attribute("use"), None | Some("signing")));
    for descriptor in signing {
        let mut certificates = descriptor.descendants().filter(|node| node.has_tag_name((DSIG, "X509Certificate")));
        // only the first: what follows it may be the chain up to an authority, whose key must never be pinned
        let Some(first) = certificates.next() else { continue };
        let certificate = read_certificate(first)?;
        if certificate.not_after.is_some_and(|end| end < now) {
            warn(MetadataWarning::CertificateExpired);
        }
        if certificate.not_before.is_some_and(|begin| begin > now) {
            warn(MetadataWarning::CertificateNotYetValid);
        }
        if certificates.any(|other| read_certificate(other).map(|other| other.key).as_ref() != Ok(&certificate.key)) {
            warn(MetadataWarning::FurtherCertificates);
        }
        if !keys.contains(&certificate.key) {
            keys.push(certificate.key);
        }
        if keys.len() > MAX_KEYS {
            return Err(MetadataFault::TooManyKeys);
        }
    }
    if keys.is_empty() { Err(MetadataFault::NoSigningKey) } else { Ok(keys) }
}

fn read_certificate(node: Node<'_, '_>) -> Result<Certificate, CertificateFault> {
    let text = values::text(node).map_err(|_| CertificateFault::Malformed)?;
    let packed: String = text.split_ascii_whitespace().collect();
    certificate::parse_certificate(&STANDARD.decode(packed).map_err(|_| CertificateFault::Malformed)?)
}

/// The first endpoint of a service with this binding.
fn endpoint(
    idp: Node<'_, '_>,
    service: &'static str,
    binding: &str,
    allow_http: &dyn Fn(&Url) -> bool,
) -> Result<Option<Endpoint>, MetadataFault> {
    let Some(found) = named(idp, service).find(|found| found.attribute("Binding") == Some(binding)) else {
        return Ok(None);
    };
    let check = |location: &str| check_location(location, allow_http).map(|()| location.to_owned());
    Ok(Some(Endpoint {
        location: check(found.attribute("Location").unwrap_or_default())?,
        response_location: found.attribute("ResponseLocation").map(check).transpose()?,
    }))
}

fn check_location(location: &str, allow_http: &dyn Fn(&Url) -> bool) -> Result<(), MetadataFault> {
    let improper = || MetadataFault::Location { location: excerpt(location) };
    let odd = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '\\' | '#');
    if location.len() > values::MAX_VALUE_BYTES || location.contains(odd) {
        return Err(improper());
    }
    let url = Url::parse(location).map_err(|_| improper())?;
    if !url.has_host() || !url.username().is_empty() || url.password().is_some() {
        return Err(improper());
    }
    match url.scheme() {
        "https" => Ok(()),
        "http" if allow_http(&url) => Ok(()),
        _ => Err(MetadataFault::NotHttps { location: excerpt(location) }),
    }
}

#[cfg(test)]
mod tests;
