//! The authorization request (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1): code flow alone, PKCE S256 always.

use super::fault::{AuthorizeFault, ShownFault};
use super::params::Params;

/// The scopes that mean something here. Unknown ones are passed over (OpenID Connect Core §3.1.2.1).
pub const SCOPES: &[&str] = &["openid", "profile", "email", "offline_access", SCIM_ME];
/// The scope that lets an app read, as the person, what a directory has pushed of them (`/Me` of SCIM, RFC 7644 §3.11).
pub const SCIM_ME: &str = "scim:me";

/// Our own parameter on a request that comes back from the sign-in page: the sign-in must be at least this new.
pub const SINCE: &str = "signed_in_since";

const LONGEST: usize = 2048;

/// What an app asks for, once client and return address are known to belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizeRequest {
    /// The known scopes, separated by spaces, `openid` among them.
    pub scope: String,
    /// What the ID token must carry.
    pub nonce: Option<String>,
    /// The PKCE challenge (S256).
    pub challenge: String,
    /// `prompt=none`: nothing may be shown.
    pub silent: bool,
    /// `prompt=login`: the person must sign in now.
    pub anew: bool,
    /// The oldest sign-in that will do, in seconds.
    pub max_age: Option<i64>,
    /// Who the app thinks it is: an e-mail for the sign-in page.
    pub login_hint: Option<String>,
    /// The moment (Unix seconds) since when the person must have signed in: it came back from the sign-in page.
    pub since: Option<i64>,
}

/// The app's id.
///
/// # Errors
/// [`ShownFault::ClientMissing`].
pub fn client_id(params: &Params) -> Result<&str, ShownFault> {
    params.one("client_id").ok().flatten().ok_or(ShownFault::ClientMissing)
}

/// The return address, which must be one of `registered`, byte for byte.
///
/// # Errors
/// A [`ShownFault`] about the address.
pub fn redirect_uri<'a>(params: &'a Params, registered: &[String]) -> Result<&'a str, ShownFault> {
    let uri = params.one("redirect_uri").ok().flatten().ok_or(ShownFault::RedirectMissing)?;
    if registered.iter().any(|own| own == uri) { Ok(uri) } else { Err(ShownFault::RedirectUnknown) }
}

impl AuthorizeRequest {
    /// Reads the rest of the request.
    ///
    /// # Errors
    /// An [`AuthorizeFault`], to be sent to the return address.
    pub fn parse(params: &Params) -> Result<Self, AuthorizeFault> {
        for (name, fault) in [
            ("request", AuthorizeFault::RequestObject),
            ("request_uri", AuthorizeFault::RequestUri),
            ("registration", AuthorizeFault::Registration),
        ] {
            if params.one(name)?.is_some() {
                return Err(fault);
            }
        }
        match params.one("response_type")? {
            Some("code") => {}
            Some(_) => return Err(AuthorizeFault::ResponseTypeUnsupported),
            None => return Err(AuthorizeFault::ResponseTypeMissing),
        }
        if params.one("response_mode")?.is_some_and(|mode| mode != "query") {
            return Err(AuthorizeFault::ResponseModeUnsupported);
        }
        let asked: Vec<&str> = params.one("scope")?.unwrap_or_default().split(' ').collect();
        if !asked.contains(&"openid") {
            return Err(AuthorizeFault::OpenIdMissing);
        }
        let scope: Vec<&str> = SCOPES.iter().copied().filter(|scope| asked.contains(scope)).collect();
        let (silent, anew) = prompt(params)?;
        let nonce = params.one("nonce")?;
        if [params.one("state")?, nonce].into_iter().flatten().any(|text| text.len() > LONGEST) {
            return Err(AuthorizeFault::TooLong);
        }
        let max_age = params
            .one("max_age")?
            .map(|age| age.parse::<u32>().map(i64::from).map_err(|_| AuthorizeFault::MaxAgeMalformed))
            .transpose()?;
        Ok(Self {
            scope: scope.join(" "),
            nonce: nonce.map(str::to_owned),
            challenge: challenge(params)?,
            silent,
            anew,
            max_age,
            login_hint: params.one("login_hint")?.map(str::to_owned),
            since: params.one(SINCE)?.and_then(|since| since.parse().ok()),
        })
    }
}

/// Whether nothing may be shown, and whether the person must sign in now.
fn prompt(params: &Params) -> Result<(bool, bool), AuthorizeFault> {
    let words: Vec<&str> = params.one("prompt")?.unwrap_or_default().split(' ').filter(|w| !w.is_empty()).collect();
    let silent = words.contains(&"none");
    if silent && words.len() > 1 {
        return Err(AuthorizeFault::PromptContradicts);
    }
    // Choosing another account means signing in again: there is one session in a browser.
    Ok((silent, words.iter().any(|word| matches!(*word, "login" | "select_account"))))
}

fn challenge(params: &Params) -> Result<String, AuthorizeFault> {
    let challenge = params.one("code_challenge")?.ok_or(AuthorizeFault::ChallengeMissing)?;
    if params.one("code_challenge_method")? != Some("S256") {
        return Err(AuthorizeFault::ChallengeMethod);
    }
    let base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    if challenge.len() != 43 || !challenge.bytes().all(base64url) {
        return Err(AuthorizeFault::ChallengeMalformed);
    }
    Ok(challenge.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "response_type=code&scope=openid+email+pets&state=s&nonce=n&code_challenge_method=S256\
                        &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn parse(change: &[(&str, Option<&str>)]) -> Result<AuthorizeRequest, AuthorizeFault> {
        let params = Params::parse(GOOD.as_bytes());
        AuthorizeRequest::parse(&change.iter().fold(params, |params, (name, value)| params.with(name, *value)))
    }

    #[test]
    fn a_good_request_is_read_and_unknown_scopes_are_passed_over() {
        let request = parse(&[("max_age", Some("60")), ("login_hint", Some("ada@acme.test"))]).unwrap();
        assert_eq!(request.scope, "openid email");
        assert_eq!((request.nonce.as_deref(), request.max_age), (Some("n"), Some(60)));
        assert_eq!(request.login_hint.as_deref(), Some("ada@acme.test"));
        assert!(!request.silent && !request.anew);
    }

    #[test]
    fn pkce_with_s256_is_not_a_choice() {
        assert_eq!(parse(&[("code_challenge", None)]), Err(AuthorizeFault::ChallengeMissing));
        assert_eq!(parse(&[("code_challenge_method", None)]), Err(AuthorizeFault::ChallengeMethod));
        assert_eq!(parse(&[("code_challenge_method", Some("plain"))]), Err(AuthorizeFault::ChallengeMethod));
        assert_eq!(parse(&[("code_challenge", Some("short"))]), Err(AuthorizeFault::ChallengeMalformed));
    }

    #[test]
    fn every_other_flow_is_refused_by_its_own_code() {
        let code = |name, value| parse(&[(name, value)]).unwrap_err().code();
        assert_eq!(code("response_type", Some("token")), "unsupported_response_type");
        assert_eq!(code("response_type", Some("code id_token")), "unsupported_response_type");
        assert_eq!(code("response_type", None), "invalid_request");
        assert_eq!(code("response_mode", Some("fragment")), "invalid_request");
        assert_eq!(code("scope", Some("email")), "invalid_scope");
        assert_eq!(code("request", Some("e30.e30.")), "request_not_supported");
        assert_eq!(code("request_uri", Some("urn:x")), "request_uri_not_supported");
        assert_eq!(code("prompt", Some("none login")), "invalid_request");
        assert_eq!(code("max_age", Some("-1")), "invalid_request");
    }

    #[test]
    fn a_return_address_is_compared_byte_for_byte() {
        let registered = ["https://panel.test/callback".to_owned()];
        let ask = |uri: &str| {
            redirect_uri(&Params::default().with("redirect_uri", Some(uri)), &registered).map(str::to_owned)
        };
        assert!(ask("https://panel.test/callback").is_ok());
        for other in [
            "https://panel.test/callback/",
            "https://panel.test/callback?x=1",
            "https://PANEL.test/callback",
            "https://panel.test:443/callback",
            "https://panel.test/callback#x",
            "https://evil.test/callback",
        ] {
            assert_eq!(ask(other), Err(ShownFault::RedirectUnknown), "{other}");
        }
        let twice = Params::parse(b"redirect_uri=https://panel.test/callback&redirect_uri=https://evil.test");
        assert_eq!(redirect_uri(&twice, &registered), Err(ShownFault::RedirectMissing));
    }
}
