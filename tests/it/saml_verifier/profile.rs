//! The Web Browser SSO profile: for us, from this IdP, now, and about this sign-in.

use super::idp::Key;
use super::idp::Message;
use super::idp::Sign;
use super::idp::expected;
use super::idp::message;
use super::idp::now;
use super::idp::verify_with;
use chrono::Duration;
use doorward::protocol::saml::Expected;
use doorward::protocol::saml::Login;
use doorward::protocol::saml::SamlFault;
use doorward::protocol::saml::TimeFault;

const BEARER_END: &str = "NotOnOrAfter=\"2026-01-01T12:05:00Z\" Recipient";
const CONDITIONS_END: &str = "NotOnOrAfter=\"2026-01-01T12:05:00Z\"><saml:AudienceRestriction";
const AUDIENCES: &str =
    "<saml:AudienceRestriction><saml:Audience>https://sp.test/saml/con-1</saml:Audience></saml:AudienceRestriction>";
const FOREIGN: &str =
    "<saml:AudienceRestriction><saml:Audience>https://other.test</saml:Audience></saml:AudienceRestriction>";

fn judge(message: &Message, change: impl Fn(&mut Expected<'_>)) -> Result<Login, SamlFault> {
    let keys = [Key::Rsa.pinned()];
    let mut expected = expected(&keys);
    change(&mut expected);
    verify_with(&message.xml(), &expected)
}

fn missing(element: &'static str) -> SamlFault {
    SamlFault::Missing { element }
}

fn expired(element: &'static str) -> SamlFault {
    SamlFault::Expired { element }
}

fn foreign_audience() -> SamlFault {
    SamlFault::Audience { got: "https://other.test".to_owned() }
}

#[test]
fn what_the_response_says_is_checked_whether_it_is_signed_or_not() {
    const RESPONSE: &str = "Response";
    let evil = SamlFault::Issuer { element: RESPONSE, got: "https://evil.test".to_owned() };
    let elsewhere = SamlFault::Destination { got: "https://sp.test/saml/con-2/acs".to_owned() };
    let time = |source| SamlFault::Time { element: "IssueInstant", source };
    let cases = [
        (" Version=\"2.0\"", "", SamlFault::Version { element: RESPONSE }),
        ("Version=\"2.0\"", "Version=\"1.1\"", SamlFault::Version { element: RESPONSE }),
        (" IssueInstant=\"2026-01-01T12:00:00Z\"", "", missing("IssueInstant")),
        ("12:00:00Z", "12:02:31Z", SamlFault::IssuedInFuture { element: RESPONSE }),
        ("12:00:00Z", "11:48:29Z", SamlFault::IssuedLongAgo { element: RESPONSE }),
        ("12:00:00Z", "12:00:00+00:00", time(TimeFault::Form)),
        ("2026-01-01T12", "9999-01-01T12", time(TimeFault::Year)),
        ("idp.test/metadata", "evil.test", evil),
        (
            "</saml:Issuer>",
            "</saml:Issuer><saml:Issuer>x</saml:Issuer>",
            SamlFault::Repeated { element: "Issuer of the Response" },
        ),
        ("con-1/acs\"", "con-2/acs\"", elsewhere),
        ("_5f1c", "_6f1c", SamlFault::InResponseTo { element: RESPONSE }),
        (" InResponseTo=\"_5f1c0b2a7d9e4f60a1b2c3d4e5f60718\"", "", SamlFault::InResponseTo { element: RESPONSE }),
    ];
    for (from, to, fault) in cases {
        for sign in [Sign::Assertion, Sign::Response, Sign::Both] {
            assert_eq!(message().response(from, to).sign(sign).verify(), Err(fault.clone()), "{from} -> {to}");
        }
    }
    let unnamed = message().response(" ID=\"_response\"", " Id=\"_response\"").verify();
    assert_eq!(unnamed, Err(missing("the ID of the Response")));
}

#[test]
fn a_signed_response_needs_a_destination_and_an_issuer_may_be_left_out() {
    let destination = " Destination=\"https://sp.test/saml/con-1/acs\"";
    assert_eq!(message().response(destination, "").verify().err(), None);
    let signed = message().response(destination, "").sign(Sign::Response).verify();
    assert_eq!(signed, Err(SamlFault::DestinationMissing));
    let issuer = "<saml:Issuer>https://idp.test/metadata</saml:Issuer>";
    assert_eq!(message().response(issuer, "").verify().err(), None);
}

#[test]
fn only_success_signs_in() {
    let code = "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>";
    let denied = "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Responder\"><samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:AuthnFailed\"/></samlp:StatusCode><samlp:StatusMessage>Locked</samlp:StatusMessage>";
    let fault = SamlFault::Status {
        code: "urn:oasis:names:tc:SAML:2.0:status:Responder".to_owned(),
        nested: "urn:oasis:names:tc:SAML:2.0:status:AuthnFailed".to_owned(),
        message: "Locked".to_owned(),
    };
    assert_eq!(message().response(code, denied).verify(), Err(fault.clone()));
    let bare = message().response(code, denied).response("[assertion]", "").sign(Sign::Nothing);
    assert_eq!(bare.verify(), Err(fault));
    let status = format!("<samlp:Status>{code}</samlp:Status>");
    for broken in [
        String::new(),
        status.repeat(2),
        "<samlp:Status/>".to_owned(),
        format!("<samlp:Status>{code}{code}</samlp:Status>"),
        "<samlp:Status><samlp:StatusCode/></samlp:Status>".to_owned(),
    ] {
        assert_eq!(message().response(&status, &broken).verify(), Err(SamlFault::StatusMissing), "{broken}");
    }
    let nested = code.replace("/>", "><samlp:StatusCode Value=\"urn:x\"/></samlp:StatusCode>");
    assert_eq!(message().response(code, &nested).verify().err(), None);
}

fn refused(cases: &[(&str, &str, SamlFault)]) {
    for (from, to, fault) in cases {
        for sign in [Sign::Assertion, Sign::Response] {
            assert_eq!(message().assertion(from, to).sign(sign).verify(), Err(fault.clone()), "{from} -> {to}");
        }
    }
}

#[test]
fn an_assertion_comes_from_this_idp_and_is_fresh() {
    const ASSERTION: &str = "Assertion";
    let issued = "IssueInstant=\"2026-01-01T12:00:00Z\"";
    let evil = SamlFault::Issuer { element: ASSERTION, got: "https://evil.test".to_owned() };
    refused(&[
        ("Version=\"2.0\"", "Version=\"1.1\"", SamlFault::Version { element: ASSERTION }),
        ("idp.test/metadata", "evil.test", evil),
        ("<saml:Issuer>https://idp.test/metadata</saml:Issuer>", "", missing("Issuer")),
        (issued, "IssueInstant=\"2026-01-01T12:02:31Z\"", SamlFault::IssuedInFuture { element: ASSERTION }),
        (issued, "IssueInstant=\"2026-01-01T11:48:29Z\"", SamlFault::IssuedLongAgo { element: ASSERTION }),
        (issued, "", missing("IssueInstant")),
    ]);
}

#[test]
fn a_bearer_confirmation_is_for_this_address_and_this_request() {
    let elsewhere = SamlFault::Recipient { got: "https://sp.test/saml/con-2/acs".to_owned() };
    let data = "<saml:SubjectConfirmationData ";
    let early = "<saml:SubjectConfirmationData NotBefore=\"2026-01-01T11:00:00Z\" ";
    let other_request = || SamlFault::InResponseTo { element: "SubjectConfirmationData" };
    refused(&[
        ("cm:bearer", "cm:holder-of-key", SamlFault::NoBearer),
        ("con-1/acs", "con-2/acs", elsewhere),
        (" Recipient=\"https://sp.test/saml/con-1/acs\"", "", missing("Recipient")),
        ("_5f1c", "_6f1c", other_request()),
        ("InResponseTo=\"_5f1c0b2a7d9e4f60a1b2c3d4e5f60718\" ", "", other_request()),
        (data, early, SamlFault::BearerNotBefore),
        (BEARER_END, "Recipient", missing("NotOnOrAfter of the bearer confirmation")),
    ]);
}

#[test]
fn conditions_name_us_in_each_restriction_and_hold_nothing_unknown() {
    let two = format!("{AUDIENCES}{FOREIGN}");
    let one_time = "<saml:OneTimeUse/><saml:OneTimeUse/></saml:Conditions>";
    refused(&[
        (AUDIENCES, "", SamlFault::NoAudience),
        (AUDIENCES, FOREIGN, foreign_audience()),
        (AUDIENCES, "<saml:AudienceRestriction/>", SamlFault::Audience { got: String::new() }),
        (AUDIENCES, &two, foreign_audience()),
        ("</saml:Conditions>", "<saml:Condition/></saml:Conditions>", SamlFault::UnknownCondition),
        ("</saml:Conditions>", "<x xmlns=\"urn:x\"/></saml:Conditions>", SamlFault::UnknownCondition),
        ("</saml:Conditions>", one_time, SamlFault::Repeated { element: "OneTimeUse" }),
    ]);
}

#[test]
fn what_may_stand_once_cannot_stand_twice() {
    let repeated = |element| SamlFault::Repeated { element };
    refused(&[
        ("</saml:Conditions>", "</saml:Conditions><saml:Conditions/>", repeated("Conditions")),
        ("</saml:Subject>", "</saml:Subject><saml:Subject/>", repeated("Subject")),
        ("</saml:NameID>", "</saml:NameID><saml:NameID>eve</saml:NameID>", repeated("NameID")),
        ("<saml:Subject>", "<saml:Issuer>x</saml:Issuer><saml:Subject>", repeated("Issuer")),
        ("saml:NameID", "saml:BaseID", missing("NameID")),
    ]);
}

#[test]
fn whole_parts_of_an_assertion_cannot_be_left_out() {
    let xml = message().sign(Sign::Nothing).xml();
    let part = |name: &str| {
        let (start, end) = (format!("<saml:{name}"), format!("</saml:{name}>"));
        xml[xml.find(&start).unwrap()..xml.find(&end).unwrap() + end.len()].to_owned()
    };
    for (name, fault) in [
        ("Subject", missing("Subject")),
        ("Conditions", missing("Conditions")),
        ("AuthnStatement", SamlFault::NoAuthnStatement),
        ("AuthnContext", missing("AuthnContext")),
        ("SubjectConfirmation", SamlFault::NoBearer),
    ] {
        assert_eq!(message().assertion(&part(name), "").verify(), Err(fault), "{name}");
    }
    assert!(message().assertion(&part("AttributeStatement"), "").verify().unwrap().attributes.is_empty());
}

#[test]
fn further_audiences_conditions_and_confirmations_are_fine() {
    let bearer = "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"";
    for (from, to) in [
        ("<saml:Audience>", "<saml:Audience>https://other.test</saml:Audience><saml:Audience>"),
        ("</saml:Conditions>", "<saml:OneTimeUse/><saml:ProxyRestriction Count=\"0\"/></saml:Conditions>"),
        (bearer, &format!("{bearer}/>{bearer}")),
        (" NotBefore=\"2026-01-01T11:59:00Z\" NotOnOrAfter=\"2026-01-01T12:05:00Z\"", ""),
        ("12:05:00Z", "12:05:00.123456789012Z"),
    ] {
        assert_eq!(message().assertion(from, to).verify().err(), None, "{to}");
    }
}

#[test]
fn times_are_kept_within_the_skew() {
    let until = |from: &str, time: &str| message().assertion(from, &from.replace("12:05:00", time));
    assert_eq!(until(BEARER_END, "11:58:31").verify().err(), None);
    assert_eq!(until(BEARER_END, "11:58:30").verify(), Err(expired("NotOnOrAfter of the bearer confirmation")));
    assert_eq!(until(CONDITIONS_END, "11:58:31").verify().err(), None);
    assert_eq!(until(CONDITIONS_END, "11:58:30").verify(), Err(expired("NotOnOrAfter of the Conditions")));
    let begins = |time: &str| message().assertion("11:59:00Z", time);
    assert_eq!(begins("12:02:30Z").verify().err(), None);
    assert_eq!(begins("12:02:31Z").verify(), Err(SamlFault::NotYet { element: "NotBefore of the Conditions" }));
    let session = message().assertion("20:00:00Z", "11:58:30Z").verify();
    assert_eq!(session, Err(expired("SessionNotOnOrAfter")));
    let authn = message().assertion("11:58:00Z", "12:02:31Z").verify();
    assert_eq!(authn, Err(SamlFault::NotYet { element: "AuthnInstant" }));
    let wide = |time| judge(&until(BEARER_END, time), |expected| expected.skew = Duration::hours(2));
    assert_eq!(wide("11:55:31").err(), None);
    assert_eq!(wide("11:55:30"), Err(expired("NotOnOrAfter of the bearer confirmation")));
}

#[test]
fn far_years_are_refused_without_a_panic() {
    for (from, element) in [
        ("2026-01-01T12:05:00Z\" Recipient", "NotOnOrAfter"),
        ("2026-01-01T11:59:00Z", "NotBefore"),
        ("2026-01-01T11:58:00Z", "AuthnInstant"),
        ("2026-01-01T20:00:00Z", "SessionNotOnOrAfter"),
    ] {
        for year in ["9999", "0001", "1989"] {
            let verdict = message().assertion(from, &from.replace("2026", year)).verify();
            assert_eq!(verdict, Err(SamlFault::Time { element, source: TimeFault::Year }), "{element}");
        }
    }
}

#[test]
fn a_fresh_sign_in_or_a_greatest_age_is_kept() {
    let aged = |seconds| judge(&message(), |expected| expected.max_auth_age = Some(Duration::seconds(seconds)));
    assert_eq!(aged(29), Err(SamlFault::AuthnTooOld));
    assert_eq!(aged(30).err(), None);
    let since =
        |minutes| judge(&message(), |expected| expected.force_authn_since = Some(now() + Duration::minutes(minutes)));
    assert_eq!(since(-1).err(), None);
    assert_eq!(since(0), Err(SamlFault::AuthnTooOld));
}

#[test]
fn the_context_must_be_one_that_was_asked_for() {
    let password = ["urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport".to_owned()];
    let token = ["urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken".to_owned()];
    let keys = [Key::Rsa.pinned()];
    let asked = |contexts| verify_with(&message().xml(), &Expected { authn_contexts: contexts, ..expected(&keys) });
    assert_eq!(asked(&password).err(), None);
    assert_eq!(asked(&token), Err(SamlFault::AuthnContext { got: password[0].clone() }));
}

#[test]
fn every_authn_statement_must_pass_and_the_earliest_end_counts() {
    let second = |ends: &str| {
        let statement = format!(
            "<saml:AuthnStatement AuthnInstant=\"2026-01-01T11:58:00Z\" SessionNotOnOrAfter=\"2026-01-01T{ends}Z\"><saml:AuthnContext/></saml:AuthnStatement><saml:AttributeStatement>"
        );
        message().assertion("<saml:AttributeStatement>", &statement).verify()
    };
    let login = second("18:00:00").unwrap();
    assert_eq!(login.session_not_on_or_after, "2026-01-01T18:00:00Z".parse().ok());
    assert_eq!(login.session_index.as_deref(), Some("_session"));
    assert_eq!(second("10:00:00"), Err(expired("SessionNotOnOrAfter")));
}

#[test]
fn a_sign_in_that_begins_at_the_idp_is_off_by_default_and_names_no_request() {
    let request = "InResponseTo=\"_5f1c0b2a7d9e4f60a1b2c3d4e5f60718\"";
    let unasked = message().response(request, "").assertion(request, "");
    assert_eq!(judge(&unasked, |expected| expected.request_id = None), Err(SamlFault::Unsolicited));
    let allowed = |expected: &mut Expected<'_>| {
        expected.request_id = None;
        expected.allow_idp_initiated = true;
    };
    assert_eq!(judge(&unasked, allowed).unwrap().in_response_to, None);
    assert_eq!(judge(&message(), allowed), Err(SamlFault::InResponseTo { element: "Response" }));
    let inside = message().response(request, "");
    assert_eq!(judge(&inside, allowed), Err(SamlFault::InResponseTo { element: "SubjectConfirmationData" }));
    let outstanding = judge(&unasked, |expected| expected.allow_idp_initiated = true);
    assert_eq!(outstanding, Err(SamlFault::InResponseTo { element: "Response" }));
}

#[test]
fn another_connections_expectations_refuse_the_same_message() {
    let xml = message().xml();
    let keys = [Key::Rsa.pinned()];
    let here = expected(&keys);
    let other_idp = verify_with(&xml, &Expected { idp_entity_id: "https://idp.test", ..here.clone() });
    assert!(matches!(other_idp, Err(SamlFault::Issuer { .. })));
    let other_acs = verify_with(&xml, &Expected { acs_url: "https://sp.test/saml/con-2/acs", ..here.clone() });
    assert!(matches!(other_acs, Err(SamlFault::Destination { .. })));
    let other_audience = verify_with(&xml, &Expected { audience: "https://sp.test/saml/con-2", ..here });
    assert!(matches!(other_audience, Err(SamlFault::Audience { .. })));
}
