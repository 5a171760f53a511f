//! XML signatures of the IdP.

use crate::lab::error::LabError;
use crate::lab::idp::keys::Keys;
use bergshamra::keys::loader::load_rsa_private_pem;
use bergshamra::{DsigContext, KeysManager};

/// The place where a signature over the element `id` will stand: its fields are empty until [`sign`].
pub(super) fn template(id: &str, keys: &Keys) -> String {
    format!(
        "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:SignedInfo>\
<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>\
<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#rsa-sha256\"/>\
<ds:Reference URI=\"#{id}\"><ds:Transforms>\
<ds:Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\"/>\
<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/></ds:Transforms>\
<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/>\
<ds:DigestValue></ds:DigestValue></ds:Reference></ds:SignedInfo><ds:SignatureValue></ds:SignatureValue>\
<ds:KeyInfo><ds:X509Data><ds:X509Certificate>{}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></ds:Signature>",
        keys.certificate_base64()
    )
}

/// Fills the first signature template of the document.
pub(super) fn sign(xml: String, keys: &Keys) -> Result<String, LabError> {
    let mut manager = KeysManager::new();
    manager.add_key(load_rsa_private_pem(keys.rsa_pem.as_bytes())?);
    Ok(bergshamra::dsig::sign::sign_owned(&DsigContext::new(manager), xml)?)
}
