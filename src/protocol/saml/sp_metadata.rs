//! Our own metadata, one document for each connection.

use super::escape::escape;
use super::login::NameIdFormat;

/// What an IdP needs to know of us for one connection.
#[derive(Debug, Clone, Copy)]
pub struct SpMetadata<'a> {
    /// Our entity id for this connection.
    pub entity_id: &'a str,
    /// Where the IdP posts its response.
    pub acs_url: &'a str,
}

impl SpMetadata<'_> {
    /// The document (`application/samlmetadata+xml`). It is the same each time for the same connection.
    #[must_use]
    pub fn to_xml(&self) -> String {
        let formats: String = [NameIdFormat::Persistent, NameIdFormat::EmailAddress, NameIdFormat::Unspecified]
            .iter()
            .map(|format| format!("    <md:NameIDFormat>{}</md:NameIDFormat>\n", format.uri()))
            .collect();
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="{entity_id}">
  <md:SPSSODescriptor AuthnRequestsSigned="false" WantAssertionsSigned="true" protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
{formats}    <md:AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="{acs_url}" index="0" isDefault="true"/>
  </md:SPSSODescriptor>
</md:EntityDescriptor>
"#,
            entity_id = escape(self.entity_id),
            acs_url = escape(self.acs_url),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_tells_who_we_are_and_where_to_post() {
        let xml =
            SpMetadata { entity_id: "https://sp.test/saml/con-1?a&b", acs_url: "https://sp.test/acs?\"x\"" }.to_xml();
        let document = roxmltree::Document::parse(&xml).unwrap();
        assert_eq!(document.root_element().attribute("entityID"), Some("https://sp.test/saml/con-1?a&b"));
        let sso = document.root_element().first_element_child().unwrap();
        assert_eq!(sso.attribute("AuthnRequestsSigned"), Some("false"));
        assert_eq!(sso.attribute("WantAssertionsSigned"), Some("true"));
        let acs = sso.last_element_child().unwrap();
        assert_eq!(acs.attribute("Location"), Some("https://sp.test/acs?\"x\""));
        assert_eq!(acs.attribute("Binding"), Some("urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"));
        let formats = sso.children().filter(|node| node.has_tag_name("NameIDFormat"));
        assert_eq!(formats.count(), 3);
    }
}
