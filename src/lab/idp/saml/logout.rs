//! Logout that starts at the IdP: a signed LogoutRequest by the redirect binding.

use crate::lab::error::LabError;
use crate::lab::idp::core::Core;
use crate::lab::page::escape;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::RSA_PKCS1_SHA256;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{Duration, SecondsFormat};
use flate2::{Compression, write::DeflateEncoder};
use std::io::Write as _;
use url::form_urlencoded::byte_serialize;

const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

/// The address that a browser opens to tell the service provider at `slo` that this person has signed out.
pub(in crate::lab::idp) fn logout_url(core: &Core, user_name: &str, slo: &str) -> Result<String, LabError> {
    let person = core.person(user_name)?;
    let now = core.sources.now();
    let xml = format!(
        "<samlp:LogoutRequest xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" \
xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"_{id}\" Version=\"2.0\" IssueInstant=\"{at}\" \
NotOnOrAfter=\"{until}\" Destination=\"{slo}\"><saml:Issuer>{issuer}</saml:Issuer>\
<saml:NameID Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\">{name}</saml:NameID>\
</samlp:LogoutRequest>",
        id = core.random(),
        at = now.to_rfc3339_opts(SecondsFormat::Millis, true),
        until = (now + Duration::minutes(5)).to_rfc3339_opts(SecondsFormat::Millis, true),
        slo = escape(slo),
        issuer = escape(&core.at("/saml/metadata")),
        name = escape(&person.user_name),
    );
    let signed = format!("SAMLRequest={}&SigAlg={}", parameter(&deflate(&xml)), parameter(RSA_SHA256));
    let keys = core.keys();
    let mut signature = vec![0; keys.rsa.public_modulus_len()];
    keys.rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)?;
    let joint = if slo.contains('?') { '&' } else { '?' };
    Ok(format!("{slo}{joint}{signed}&Signature={}", parameter(&STANDARD.encode(signature))))
}

fn parameter(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

fn deflate(xml: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    let deflated = encoder.write_all(xml.as_bytes()).and_then(|()| encoder.finish());
    STANDARD.encode(deflated.expect("a vector takes every byte"))
}
