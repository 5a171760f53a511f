//! What a verified assertion says, and whether it says it to us, now, and about this sign-in.

use super::expected::Expected;
use super::fault::SamlFault;
use super::fault::excerpt;
use super::login::Attribute;
use super::login::Login;
use super::login::NameIdFormat;
use super::namespace::BEARER;
use super::response;
use super::signed::Signed;
use super::time;
use super::time::Window;
use super::values;
use chrono::DateTime;
use chrono::Utc;

const ELEMENT: &str = "Assertion";
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// Every rule of SAML Core 2 and Profiles 4.1.4.2 on an assertion, and the login that it makes.
pub(super) fn read(assertion: Signed<'_>, expected: &Expected<'_>, window: Window) -> Result<Login, SamlFault> {
    if assertion.attribute("Version") != Some("2.0") {
        return Err(SamlFault::Version { element: ELEMENT });
    }
    let id = assertion.attribute("ID").ok_or(SamlFault::Missing { element: "the ID of the Assertion" })?;
    let issued = response::check_issued(assertion.attribute("IssueInstant"), ELEMENT, window)?;
    let issuer = mandatory(assertion, "Issuer")?.value("Issuer", values::identifier)?;
    if issuer != expected.idp_entity_id {
        return Err(SamlFault::Issuer { element: ELEMENT, got: excerpt(issuer) });
    }
    let subject = mandatory(assertion, "Subject")?;
    let (name_id, name_id_format) = read_name_id(subject)?;
    confirm(subject, expected, window)?;
    check_conditions(mandatory(assertion, "Conditions")?, expected, window)?;
    let statement = read_statements(assertion, expected, window)?;
    let refused_from =
        issued.checked_add_signed(response::MAX_AGE + time::MAX_SKEW).unwrap_or(DateTime::<Utc>::MAX_UTC);
    Ok(Login {
        name_id,
        name_id_format,
        session_index: statement.session_index,
        session_not_on_or_after: statement.session_ends,
        authn_instant: statement.instant,
        authn_context: statement.context,
        attributes: read_attributes(assertion)?,
        assertion_id: id.to_owned(),
        assertion_expires: refused_from,
        issuer: issuer.to_owned(),
        in_response_to: expected.request_id.map(str::to_owned),
    })
}

fn mandatory<'d>(parent: Signed<'d>, name: &'static str) -> Result<Signed<'d>, SamlFault> {
    parent.only(name)?.ok_or(SamlFault::Missing { element: name })
}

fn instant(node: Signed<'_>, element: &'static str) -> Result<Option<DateTime<Utc>>, SamlFault> {
    let Some(text) = node.attribute(element) else { return Ok(None) };
    time::parse_instant(text).map(Some).map_err(|source| SamlFault::Time { element, source })
}

fn read_name_id(subject: Signed<'_>) -> Result<(String, NameIdFormat), SamlFault> {
    if subject.each("EncryptedID").next().is_some() {
        return Err(SamlFault::EncryptedNameId);
    }
    let name_id = mandatory(subject, "NameID")?;
    let format = name_id.attribute("Format").map_or(NameIdFormat::Unspecified, NameIdFormat::from_uri);
    Ok((name_id.value("NameID", values::name_id)?.to_owned(), format))
}

/// At least one bearer confirmation must hold; when none does, the fault is that of the first one.
fn confirm(subject: Signed<'_>, expected: &Expected<'_>, window: Window) -> Result<(), SamlFault> {
    let mut first = None;
    let bearers = subject.each("SubjectConfirmation").filter(|found| found.attribute("Method") == Some(BEARER));
    for bearer in bearers {
        match check_bearer(bearer, expected, window) {
            Ok(()) => return Ok(()),
            Err(fault) => first = first.or(Some(fault)),
        }
    }
    Err(first.unwrap_or(SamlFault::NoBearer))
}

fn check_bearer(bearer: Signed<'_>, expected: &Expected<'_>, window: Window) -> Result<(), SamlFault> {
    let data = mandatory(bearer, "SubjectConfirmationData")?;
    let recipient = data.attribute("Recipient").ok_or(SamlFault::Missing { element: "Recipient" })?;
    if recipient != expected.acs_url {
        return Err(SamlFault::Recipient { got: excerpt(recipient) });
    }
    if data.attribute("NotBefore").is_some() {
        return Err(SamlFault::BearerNotBefore);
    }
    let missing = SamlFault::Missing { element: "NotOnOrAfter of the bearer confirmation" };
    let ends = instant(data, "NotOnOrAfter")?.ok_or(missing)?;
    if window.has_ended(ends) {
        return Err(SamlFault::Expired { element: "NotOnOrAfter of the bearer confirmation" });
    }
    response::check_in_response_to(data.attribute("InResponseTo"), "SubjectConfirmationData", expected)
}

/// The times, the audiences (each restriction must name us) and nothing that is not known.
fn check_conditions(conditions: Signed<'_>, expected: &Expected<'_>, window: Window) -> Result<(), SamlFault> {
    let begins = instant(conditions, "NotBefore")?;
    if begins.is_some_and(|begins| !window.has_begun(begins)) {
        return Err(SamlFault::NotYet { element: "NotBefore of the Conditions" });
    }
    let ends = instant(conditions, "NotOnOrAfter")?;
    if ends.is_some_and(|ends| window.has_ended(ends)) {
        return Err(SamlFault::Expired { element: "NotOnOrAfter of the Conditions" });
    }
    let mut restricted = false;
    for condition in conditions.elements() {
        if condition.is("AudienceRestriction") {
            check_audience(condition, expected.audience)?;
            restricted = true;
        } else if !condition.is("OneTimeUse") && !condition.is("ProxyRestriction") {
            return Err(SamlFault::UnknownCondition);
        }
    }
    // an assertion is used once here anyway, and never passed on: these two only must not contradict themselves
    conditions.only("OneTimeUse")?;
    conditions.only("ProxyRestriction")?;
    if restricted { Ok(()) } else { Err(SamlFault::NoAudience) }
}

fn check_audience(restriction: Signed<'_>, us: &str) -> Result<(), SamlFault> {
    let mut first = "";
    let mut named = false;
    for audience in restriction.each("Audience") {
        let audience = audience.value("Audience", values::identifier)?;
        first = if first.is_empty() { audience } else { first };
        named |= audience == us;
    }
    if named { Ok(()) } else { Err(SamlFault::Audience { got: excerpt(first) }) }
}

struct Statement {
    instant: DateTime<Utc>,
    session_index: Option<String>,
    session_ends: Option<DateTime<Utc>>,
    context: Option<String>,
}

/// Every AuthnStatement must pass; the first one tells the session, the earliest end of any is its cap.
fn read_statements(assertion: Signed<'_>, expected: &Expected<'_>, window: Window) -> Result<Statement, SamlFault> {
    let mut first: Option<Statement> = None;
    for found in assertion.each("AuthnStatement") {
        let next = read_statement(found, expected, window)?;
        match &mut first {
            None => first = Some(next),
            Some(kept) => kept.session_ends = [kept.session_ends, next.session_ends].into_iter().flatten().min(),
        }
    }
    first.ok_or(SamlFault::NoAuthnStatement)
}

fn read_statement(statement: Signed<'_>, expected: &Expected<'_>, window: Window) -> Result<Statement, SamlFault> {
    let signed_in = instant(statement, "AuthnInstant")?.ok_or(SamlFault::Missing { element: "AuthnInstant" })?;
    if !window.has_begun(signed_in) {
        return Err(SamlFault::NotYet { element: "AuthnInstant" });
    }
    let session_ends = instant(statement, "SessionNotOnOrAfter")?;
    if session_ends.is_some_and(|ends| window.has_ended(ends)) {
        return Err(SamlFault::Expired { element: "SessionNotOnOrAfter" });
    }
    let too_old = expected.max_auth_age.is_some_and(|age| window.is_older(signed_in, age));
    let skew = time::clamp(expected.skew);
    let not_fresh = expected
        .force_authn_since
        .and_then(|sent| sent.checked_sub_signed(skew))
        .is_some_and(|earliest| signed_in < earliest);
    if too_old || not_fresh {
        return Err(SamlFault::AuthnTooOld);
    }
    let context = match statement.only("AuthnContext")?.map(|context| context.only("AuthnContextClassRef")) {
        Some(class) => class?.map(|class| class.value("AuthnContextClassRef", values::identifier)).transpose()?,
        None => return Err(SamlFault::Missing { element: "AuthnContext" }),
    };
    let asked = expected.authn_contexts;
    if !asked.is_empty() && !asked.iter().any(|asked| Some(asked.as_str()) == context) {
        return Err(SamlFault::AuthnContext { got: excerpt(context.unwrap_or_default()) });
    }
    let index = statement.attribute("SessionIndex").map(values::check_identifier).transpose();
    let index = index.map_err(|source| SamlFault::Value { element: "SessionIndex", source })?;
    Ok(Statement {
        instant: signed_in,
        session_index: index.map(str::to_owned),
        session_ends,
        context: context.map(str::to_owned),
    })
}

fn read_attributes(assertion: Signed<'_>) -> Result<Vec<Attribute>, SamlFault> {
    let mut attributes = Vec::new();
    for statement in assertion.each("AttributeStatement") {
        if statement.each("EncryptedAttribute").next().is_some() {
            return Err(SamlFault::EncryptedAttribute);
        }
        for attribute in statement.each("Attribute") {
            attributes.push(read_attribute(attribute)?);
        }
    }
    Ok(attributes)
}

fn read_attribute(attribute: Signed<'_>) -> Result<Attribute, SamlFault> {
    let name = attribute.attribute("Name").ok_or(SamlFault::Missing { element: "the Name of an Attribute" })?;
    let mut found = Vec::new();
    for value in attribute.each("AttributeValue") {
        let text = value.value("AttributeValue", values::text)?;
        if !matches!(value.foreign_attribute(XSI, "nil"), Some("true" | "1")) {
            found.push(text.to_owned());
        }
    }
    let friendly_name = attribute.attribute("FriendlyName").map(str::to_owned);
    Ok(Attribute { name: name.to_owned(), friendly_name, values: found })
}
