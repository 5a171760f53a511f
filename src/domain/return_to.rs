//! Where a browser may go after signing in: to a path of ours or to an origin of a panel app, never elsewhere.

use url::Url;

/// The longest address that is carried, in bytes.
const LONGEST: usize = 4096;

/// The address to go to, if it is a path of ours or lies on an origin of one of these redirect URIs.
#[must_use]
pub fn checked<'a>(wanted: &str, own_origin: &str, redirect_uris: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // Browsers drop tabs and line ends and read a backslash as a slash: none of them may stand here.
    if wanted.len() > LONGEST || wanted.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return None;
    }
    if wanted.starts_with('/') {
        let base = Url::parse(own_origin).ok()?;
        let there = base.join(wanted).ok()?;
        return (!wanted.starts_with("//") && there.origin() == base.origin()).then(|| wanted.to_owned());
    }
    let url = Url::parse(wanted).ok()?;
    let web = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    let origin = url.origin().ascii_serialization();
    let ours = origin == own_origin;
    let of_an_app = |uri: &str| Url::parse(uri).is_ok_and(|uri| uri.origin() == url.origin());
    (web && (ours || redirect_uris.into_iter().any(of_an_app))).then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::checked;

    const OWN: &str = "https://gate.test";
    const APPS: [&str; 1] = ["https://panel.test/callback"];

    #[test]
    fn a_path_of_ours_and_an_origin_of_an_app_are_gone_to() {
        for good in [
            "/",
            "/oauth2/authorize?client_id=a&state=b%2F",
            "https://panel.test/deep?x=1",
            "https://gate.test/account",
        ] {
            assert_eq!(checked(good, OWN, APPS).as_deref(), Some(good));
        }
    }

    #[test]
    fn nobody_is_sent_elsewhere() {
        for bad in [
            "//evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "/\t/evil.test",
            "https://evil.test",
            "https:evil.test",
            "https://panel.test@evil.test",
            "https://x:y@panel.test/",
            "http://panel.test/",
            "https://panel.test:444/",
            "https://panel.test.evil.test/",
            "javascript:alert(1)",
            "data:text/html,x",
            "evil.test",
            "",
        ] {
            assert_eq!(checked(bad, OWN, APPS), None, "{bad:?}");
        }
    }
}
