//! Answers that travel through the browser, and the addresses that they may go to.

use super::fault::AuthorizeFault;
use url::Url;

/// The address that takes a code to the app; every answer names its issuer (RFC 9207).
#[must_use]
pub fn with_code(redirect_uri: &str, code: &str, state: Option<&str>, issuer: &str) -> String {
    let mut pairs = vec![("code", code)];
    pairs.extend(state.map(|state| ("state", state)));
    pairs.push(("iss", issuer));
    with(redirect_uri, &pairs)
}

/// The address that takes a refusal to the app.
#[must_use]
pub fn with_fault(redirect_uri: &str, fault: &AuthorizeFault, state: Option<&str>, issuer: &str) -> String {
    let description = fault.to_string();
    let mut pairs = vec![("error", fault.code()), ("error_description", description.as_str())];
    pairs.extend(state.map(|state| ("state", state)));
    pairs.push(("iss", issuer));
    with(redirect_uri, &pairs)
}

/// An address with pairs added to its query. The address itself keeps its spelling.
#[must_use]
pub fn with(address: &str, pairs: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let (address, fragment) = address.split_once('#').map_or((address, None), |(a, f)| (a, Some(f)));
    let join = if query.is_empty() {
        ""
    } else if address.contains('?') {
        "&"
    } else {
        "?"
    };
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    format!("{address}{join}{query}{fragment}")
}

/// Whether `address` lies on the origin of one of `registered`. An address with a name and password in it does not.
#[must_use]
pub fn on_an_origin_of(address: &str, registered: &[String]) -> bool {
    // What a browser reads as `/` or drops would make two readers see two addresses.
    if address.bytes().any(|b| b == b'\\' || b.is_ascii_control() || b == b' ') {
        return false;
    }
    let Some(url) = web(address) else { return false };
    registered.iter().filter_map(|uri| web(uri)).any(|own| own.origin() == url.origin())
}

fn web(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let plain = matches!(url.scheme(), "https" | "http") && url.username().is_empty() && url.password().is_none();
    plain.then_some(url)
}

/// Whether a person may be sent to `address` after signing out: one of `listed`, byte for byte; where an app has
/// listed none, the start page of an origin of its return addresses.
#[must_use]
pub fn after_logout(address: &str, listed: &[String], registered: &[String]) -> bool {
    if !listed.is_empty() {
        return listed.iter().any(|own| own == address);
    }
    registered.iter().filter_map(|uri| web(uri)).any(|own| {
        let origin = own.origin().ascii_serialization();
        address.strip_prefix(origin.as_str()).is_some_and(|rest| matches!(rest, "" | "/"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_names_its_issuer_and_echoes_the_state() {
        let iss = "https://id.test";
        assert_eq!(
            with_code("https://panel.test/cb?x=1", "c", Some("a b"), iss),
            "https://panel.test/cb?x=1&code=c&state=a+b&iss=https%3A%2F%2Fid.test"
        );
        let refused = with_fault("https://panel.test/cb", &AuthorizeFault::NoPanelAccess, None, iss);
        assert!(refused.starts_with("https://panel.test/cb?error=access_denied&") && refused.contains("&iss="));
    }

    #[test]
    fn a_return_address_lies_on_an_origin_of_an_app() {
        let registered = ["https://panel.test/callback".to_owned(), "http://127.0.0.1:9100/cb".to_owned()];
        assert!(on_an_origin_of("https://panel.test/deep?x=1", &registered));
        assert!(on_an_origin_of("http://127.0.0.1:9100/", &registered));
        for other in [
            "http://panel.test/",
            "https://panel.test.evil.test/",
            "https://panel.test@evil.test/",
            "https://x@panel.test/",
            "https:\\\\evil.test",
            "//panel.test/",
            "javascript:alert(1)",
            "http://127.0.0.1:9101/",
        ] {
            assert!(!on_an_origin_of(other, &registered), "{other}");
        }
    }

    #[test]
    fn after_signing_out_one_goes_where_the_app_said() {
        let registered = ["https://panel.test/callback".to_owned()];
        let listed = ["https://panel.test/bye".to_owned()];
        assert!(after_logout("https://panel.test/bye", &listed, &registered));
        assert!(!after_logout("https://panel.test/", &listed, &registered));
        assert!(after_logout("https://panel.test/", &[], &registered));
        assert!(!after_logout("https://panel.test/bye", &[], &registered));
        assert!(!after_logout("https://panel.test.evil/", &[], &registered));
    }
}
