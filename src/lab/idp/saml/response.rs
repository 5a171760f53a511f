//! Writing a SAML response.

use super::knobs::{InResponseTo, NameId, SamlKnobs, Signed};
use super::signature::{sign, template};
use super::{Tamper, Tampering};
use crate::lab::error::LabError;
use crate::lab::idp::core::Core;
use crate::lab::idp::keys::Keys;
use crate::lab::idp::person::{GroupsClaim, Person};
use crate::lab::page::escape;
use chrono::{DateTime, SecondsFormat, Utc};
use std::fmt::Write as _;

const GRAPH_GROUPS: &str = "http://schemas.microsoft.com/claims/groups.link";
const GRAPH_LINK: &str = "https://graph.windows.net/tenant/users/user/getMemberObjects";

/// To whom and about whom a response speaks.
pub(super) struct Ask<'a> {
    pub(super) person: &'a Person,
    pub(super) acs: &'a str,
    pub(super) audience: &'a str,
    /// The request's ID; none when nobody asked.
    pub(super) request: Option<&'a str>,
}

/// The response, signed as the knobs say, as XML.
pub(super) fn write(core: &Core, ask: &Ask<'_>) -> Result<String, LabError> {
    let (knobs, tampering) = {
        let mut memory = core.memory();
        (memory.saml.clone(), memory.tampering.take())
    };
    let foreign = if knobs.foreign_key { Some(core.foreign_keys()?) } else { None };
    let own = core.keys();
    let draft = Draft::new(core, &knobs, ask, foreign.as_ref().unwrap_or(&own));
    draft.signed(tampering)
}

struct Draft<'a> {
    knobs: &'a SamlKnobs,
    ask: &'a Ask<'a>,
    keys: &'a Keys,
    issuer: String,
    in_response_to: String,
    response_id: String,
    assertion_id: String,
    session_index: String,
    transient: String,
    at: DateTime<Utc>,
}

impl<'a> Draft<'a> {
    fn new(core: &Core, knobs: &'a SamlKnobs, ask: &'a Ask<'a>, keys: &'a Keys) -> Self {
        let asked = match &knobs.in_response_to {
            InResponseTo::Request => ask.request,
            InResponseTo::Absent => None,
            InResponseTo::Other(id) => Some(id.as_str()),
        };
        Self {
            issuer: escape(&knobs.issuer.clone().unwrap_or_else(|| core.at("/saml/metadata"))),
            in_response_to: asked.map(|id| format!(" InResponseTo=\"{}\"", escape(id))).unwrap_or_default(),
            response_id: format!("_{}", core.random()),
            assertion_id: format!("_{}", core.random()),
            session_index: core.random(),
            transient: core.random(),
            at: core.sources.now() + knobs.shift,
            knobs,
            ask,
            keys,
        }
    }

    fn signed(&self, tampering: Option<Tampering>) -> Result<String, LabError> {
        let (before, after) = match tampering {
            Some(Tampering { when: Tamper::BeforeSigning, change }) => (Some(change), None),
            Some(Tampering { when: Tamper::AfterSigning, change }) => (None, Some(change)),
            None => (None, None),
        };
        let mut xml = self.response(&if self.knobs.status.is_none() { self.assertion() } else { String::new() });
        if let Some(change) = before {
            xml = change(xml);
        }
        // The assertion comes first: the signature of the response covers that of the assertion.
        if self.knobs.status.is_none() && matches!(self.knobs.signed, Signed::Assertion | Signed::Both) {
            xml = sign(self.place(xml, "<saml:Subject>", &self.assertion_id), self.keys)?;
        }
        if matches!(self.knobs.signed, Signed::Response | Signed::Both) {
            xml = sign(self.place(xml, "<samlp:Status>", &self.response_id), self.keys)?;
        }
        Ok(match after {
            Some(change) => change(xml),
            None => xml,
        })
    }

    /// Puts the template for a signature over `id` before the element that must follow it (SAML core §3.2.2, §2.3.3).
    fn place(&self, xml: String, follower: &str, id: &str) -> String {
        xml.replacen(follower, &format!("{}{follower}", template(id, self.keys)), 1)
    }

    fn response(&self, assertion: &str) -> String {
        let destination = escape(self.knobs.destination.as_deref().unwrap_or(self.ask.acs));
        let status = self.knobs.status.as_deref().unwrap_or("urn:oasis:names:tc:SAML:2.0:status:Success");
        format!(
            "<samlp:Response xmlns:samlp=\"urn:oasis:names:tc:SAML:2.0:protocol\" ID=\"{}\" Version=\"2.0\" \
IssueInstant=\"{}\" Destination=\"{destination}\"{}>\
<saml:Issuer xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\">{}</saml:Issuer>\
<samlp:Status><samlp:StatusCode Value=\"{}\"/></samlp:Status>{assertion}</samlp:Response>",
            self.response_id,
            stamp(self.at),
            self.in_response_to,
            self.issuer,
            escape(status)
        )
    }

    fn assertion(&self) -> String {
        let until = stamp(self.at + self.knobs.validity);
        let at = stamp(self.at);
        let session = self.knobs.session.map(|length| stamp(self.at + length));
        format!(
            "<saml:Assertion xmlns:saml=\"urn:oasis:names:tc:SAML:2.0:assertion\" ID=\"{id}\" Version=\"2.0\" \
IssueInstant=\"{at}\"><saml:Issuer>{issuer}</saml:Issuer><saml:Subject>{name_id}\
<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">\
<saml:SubjectConfirmationData{asked} NotOnOrAfter=\"{until}\" Recipient=\"{recipient}\"/>\
</saml:SubjectConfirmation></saml:Subject>\
<saml:Conditions NotBefore=\"{at}\" NotOnOrAfter=\"{until}\"><saml:AudienceRestriction>\
<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>\
<saml:AuthnStatement AuthnInstant=\"{at}\" SessionIndex=\"{index}\"{session}><saml:AuthnContext>\
<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport\
</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>{attributes}</saml:Assertion>",
            id = self.assertion_id,
            issuer = self.issuer,
            name_id = self.name_id(),
            asked = self.in_response_to,
            recipient = escape(self.knobs.recipient.as_deref().unwrap_or(self.ask.acs)),
            audience = escape(self.knobs.audience.as_deref().unwrap_or(self.ask.audience)),
            index = self.session_index,
            session = session.map(|until| format!(" SessionNotOnOrAfter=\"{until}\"")).unwrap_or_default(),
            attributes = self.attributes(),
        )
    }

    fn name_id(&self) -> String {
        let (format, value) = match self.knobs.name_id {
            NameId::UserName => ("1.1:nameid-format:emailAddress", self.ask.person.user_name.as_str()),
            NameId::Persistent => ("2.0:nameid-format:persistent", self.ask.person.subject.as_str()),
            NameId::Transient => ("2.0:nameid-format:transient", self.transient.as_str()),
        };
        format!("<saml:NameID Format=\"urn:oasis:names:tc:SAML:{format}\">{}</saml:NameID>", escape(value))
    }

    fn attributes(&self) -> String {
        let person = self.ask.person;
        let mut statement = String::new();
        if self.knobs.identity_attributes {
            for (name, value) in
                [("email", &person.email), ("given_name", &person.given), ("family_name", &person.family)]
            {
                statement.push_str(&attribute(name, std::slice::from_ref(value)));
            }
        }
        if let Some(groups) = self.knobs.groups.of(person) {
            statement.push_str(&attribute(&self.knobs.groups_attribute, groups));
        } else if self.knobs.groups == GroupsClaim::Overage {
            statement.push_str(&attribute(GRAPH_GROUPS, &[GRAPH_LINK.to_owned()]));
        }
        if statement.is_empty() {
            return statement;
        }
        format!("<saml:AttributeStatement>{statement}</saml:AttributeStatement>")
    }
}

fn attribute(name: &str, values: &[String]) -> String {
    let mut xml = format!(
        "<saml:Attribute Name=\"{}\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:basic\">",
        escape(name)
    );
    for value in values {
        let _ = write!(xml, "<saml:AttributeValue>{}</saml:AttributeValue>", escape(value));
    }
    xml.push_str("</saml:Attribute>");
    xml
}

fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
