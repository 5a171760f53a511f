//! What an IdP says about itself (OpenID Connect Discovery 1.0 §3, §4), checked before a word of it is used.

use crate::protocol::jose::Alg;
use serde::Deserialize;
use url::Url;

/// The part of the provider metadata that a login needs. Every address in it has passed the checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderMetadata {
    /// The issuer, byte for byte as it was configured.
    pub issuer: String,
    /// Where the browser is sent.
    pub authorization_endpoint: Url,
    /// Where codes are exchanged.
    pub token_endpoint: Url,
    /// Where the signing keys are.
    pub jwks_uri: Url,
    /// Where further claims are, if the IdP has such a place.
    pub userinfo_endpoint: Option<Url>,
    /// Where a sign-out at the IdP starts (RP-Initiated Logout 1.0).
    pub end_session_endpoint: Option<Url>,
    /// The algorithms for ID tokens that both sides know; never empty.
    pub algorithms: Vec<Alg>,
    /// How we prove ourselves at the token endpoint.
    pub client_auth: ClientAuth,
    /// Whether every authorization answer must carry `iss` (RFC 9207 §3).
    pub answers_with_issuer: bool,
}

/// How a client secret travels to the token endpoint (OpenID Connect Core §9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientAuth {
    /// `client_secret_basic`: the default of the standard.
    Basic,
    /// `client_secret_post`: where the IdP lists nothing else that we speak.
    Post,
}

/// The one reason for which an IdP's metadata is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryFault {
    /// The issuer is not an https address without query and fragment.
    #[error("an issuer is an https address without query or fragment")]
    BadIssuer,
    /// Entra ID's `common`, `organizations` or `consumers`: anyone's tenant could sign in.
    #[error("this issuer stands for many tenants; use the issuer of your own tenant (…/<tenant id>/v2.0)")]
    ManyTenants,
    /// The document is no JSON object with the required members.
    #[error("this is not an OpenID provider document")]
    NotMetadata,
    /// The document speaks for another issuer.
    #[error("the document names another issuer than the configured one")]
    IssuerDiffers,
    /// An address in the document is no https address.
    #[error("{member} in the provider document is not an https address")]
    BadAddress {
        /// The member of the document.
        member: &'static str,
    },
    /// `response_types_supported` is without `code`.
    #[error("the IdP does not offer the authorization code flow")]
    NoCodeFlow,
    /// `code_challenge_methods_supported` is there and without `S256`.
    #[error("the IdP does not offer PKCE with S256")]
    NoPkce,
    /// No algorithm for ID tokens is one of ours.
    #[error("the IdP signs ID tokens with no algorithm that is accepted here")]
    NoAlgorithm,
    /// Neither Basic nor post is offered at the token endpoint.
    #[error("the IdP accepts a client secret neither by Basic nor by post")]
    NoClientAuth,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    response_types_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    id_token_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// Where the document of `issuer` lies (Discovery §4.1). `plain_http` says which addresses may go without TLS.
///
/// # Errors
/// [`DiscoveryFault::BadIssuer`], or [`DiscoveryFault::ManyTenants`] for Entra ID's shared issuers.
pub fn document_url(issuer: &str, plain_http: &dyn Fn(&Url) -> bool) -> Result<Url, DiscoveryFault> {
    let url = safe(issuer, plain_http).ok_or(DiscoveryFault::BadIssuer)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(DiscoveryFault::BadIssuer);
    }
    if for_many_tenants(&url) {
        return Err(DiscoveryFault::ManyTenants);
    }
    let whole = format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer));
    Url::parse(&whole).map_err(|_| DiscoveryFault::BadIssuer)
}

/// Reads the document that was fetched for `issuer`. `plain_http` says which addresses may go without TLS.
///
/// # Errors
/// The [`DiscoveryFault`] of the first check that failed.
pub fn parse(
    document: &[u8],
    issuer: &str,
    plain_http: &dyn Fn(&Url) -> bool,
) -> Result<ProviderMetadata, DiscoveryFault> {
    let document: Document = serde_json::from_slice(document).map_err(|_| DiscoveryFault::NotMetadata)?;
    if document.issuer.contains('{') {
        return Err(DiscoveryFault::ManyTenants);
    }
    if document.issuer != issuer {
        return Err(DiscoveryFault::IssuerDiffers);
    }
    let address = |member, text: &str| safe(text, plain_http).ok_or(DiscoveryFault::BadAddress { member });
    let optional = |member, text: Option<&String>| text.map(|text| address(member, text)).transpose();
    let lacks = |list: &Option<Vec<String>>, name: &str| list.as_ref().is_some_and(|l| !l.iter().any(|n| n == name));
    if lacks(&document.response_types_supported, "code") {
        return Err(DiscoveryFault::NoCodeFlow);
    }
    if lacks(&document.code_challenge_methods_supported, "S256") {
        return Err(DiscoveryFault::NoPkce);
    }
    Ok(ProviderMetadata {
        authorization_endpoint: address("authorization_endpoint", &document.authorization_endpoint)?,
        token_endpoint: address("token_endpoint", &document.token_endpoint)?,
        jwks_uri: address("jwks_uri", &document.jwks_uri)?,
        userinfo_endpoint: optional("userinfo_endpoint", document.userinfo_endpoint.as_ref())?,
        end_session_endpoint: optional("end_session_endpoint", document.end_session_endpoint.as_ref())?,
        algorithms: algorithms(document.id_token_signing_alg_values_supported.as_deref())?,
        client_auth: client_auth(document.token_endpoint_auth_methods_supported.as_deref())?,
        answers_with_issuer: document.authorization_response_iss_parameter_supported,
        issuer: document.issuer,
    })
}

/// An https address (or http, where the operator allows it) with a host, without credentials in it.
fn safe(text: &str, plain_http: &dyn Fn(&Url) -> bool) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let secure = match url.scheme() {
        "https" => true,
        "http" => plain_http(&url),
        _ => false,
    };
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (secure && bare && url.has_host() && !text.chars().any(|c| c.is_control() || c == ' ')).then_some(url)
}

fn for_many_tenants(issuer: &Url) -> bool {
    let microsoft = issuer.host_str().is_some_and(|host| {
        ["login.microsoftonline.com", "login.microsoftonline.us", "login.partner.microsoftonline.cn", "sts.windows.net"]
            .contains(&host)
    });
    let tenant = issuer.path_segments().and_then(|mut parts| parts.next()).unwrap_or_default().to_ascii_lowercase();
    microsoft && ["common", "organizations", "consumers"].contains(&tenant.as_str())
}

/// Absent means RS256, which every IdP must offer (Discovery §3).
fn algorithms(listed: Option<&[String]>) -> Result<Vec<Alg>, DiscoveryFault> {
    let ours: Vec<Alg> = match listed {
        None => vec![Alg::Rs256],
        Some(names) => names.iter().filter_map(|name| Alg::named(name)).collect(),
    };
    if ours.is_empty() { Err(DiscoveryFault::NoAlgorithm) } else { Ok(ours) }
}

/// Absent means Basic (Discovery §3).
fn client_auth(listed: Option<&[String]>) -> Result<ClientAuth, DiscoveryFault> {
    let Some(listed) = listed else { return Ok(ClientAuth::Basic) };
    let has = |method: &str| listed.iter().any(|name| name == method);
    if has("client_secret_basic") {
        Ok(ClientAuth::Basic)
    } else if has("client_secret_post") {
        Ok(ClientAuth::Post)
    } else {
        Err(DiscoveryFault::NoClientAuth)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const ISSUER: &str = "https://idp.test/realms/acme";

    fn document() -> Value {
        json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://idp.test/auth",
            "token_endpoint": "https://idp.test/token",
            "jwks_uri": "https://idp.test/keys",
            "userinfo_endpoint": "https://idp.test/userinfo",
            "response_types_supported": ["code", "code id_token"],
            "code_challenge_methods_supported": ["plain", "S256"],
            "id_token_signing_alg_values_supported": ["HS256", "none", "ES256", "RS256"],
            "token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "client_secret_post"],
            "authorization_response_iss_parameter_supported": true
        })
    }

    fn https_only(_: &Url) -> bool {
        false
    }

    fn with(name: &str, value: Value) -> Result<ProviderMetadata, DiscoveryFault> {
        let mut document = document();
        document[name] = value;
        parse(document.to_string().as_bytes(), ISSUER, &https_only)
    }

    fn without(name: &str) -> Result<ProviderMetadata, DiscoveryFault> {
        let mut document = document();
        document.as_object_mut().unwrap().remove(name);
        parse(document.to_string().as_bytes(), ISSUER, &https_only)
    }

    #[test]
    fn a_good_document_is_read() {
        let seen = with("extra", json!(1)).unwrap();
        assert_eq!(seen.algorithms, [Alg::Es256, Alg::Rs256]);
        assert_eq!(seen.client_auth, ClientAuth::Basic);
        assert!(seen.answers_with_issuer);
        assert_eq!(seen.userinfo_endpoint.unwrap().as_str(), "https://idp.test/userinfo");
    }

    #[test]
    fn the_issuer_must_be_the_configured_one_byte_for_byte() {
        for other in ["https://idp.test/realms/acme/", "https://IDP.test/realms/acme", "https://evil.test"] {
            assert_eq!(with("issuer", json!(other)), Err(DiscoveryFault::IssuerDiffers));
        }
    }

    #[test]
    fn an_endpoint_without_tls_is_refused_unless_its_address_is_allowed() {
        for member in ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"] {
            for bad in ["http://idp.test/x", "ftp://idp.test/x", "/x", "https://a:b@idp.test/", "https://idp.test/ x"] {
                assert_eq!(with(member, json!(bad)), Err(DiscoveryFault::BadAddress { member }), "{bad}");
            }
        }
        let mut local = document();
        local["token_endpoint"] = json!("http://127.0.0.1:9000/token");
        let loopback = |url: &Url| url.host_str() == Some("127.0.0.1");
        assert!(parse(local.to_string().as_bytes(), ISSUER, &loopback).is_ok());
    }

    #[test]
    fn missing_members_and_capabilities_are_named() {
        for member in ["authorization_endpoint", "token_endpoint", "jwks_uri", "issuer"] {
            assert_eq!(without(member), Err(DiscoveryFault::NotMetadata), "{member}");
        }
        assert_eq!(with("response_types_supported", json!(["id_token"])), Err(DiscoveryFault::NoCodeFlow));
        assert_eq!(with("code_challenge_methods_supported", json!(["plain"])), Err(DiscoveryFault::NoPkce));
        let algs = "id_token_signing_alg_values_supported";
        assert_eq!(with(algs, json!(["HS256", "none"])), Err(DiscoveryFault::NoAlgorithm));
        let auth = "token_endpoint_auth_methods_supported";
        assert_eq!(with(auth, json!(["private_key_jwt"])), Err(DiscoveryFault::NoClientAuth));
        assert_eq!(with(auth, json!(["client_secret_post"])).unwrap().client_auth, ClientAuth::Post);
        assert_eq!(parse(b"<html>", ISSUER, &https_only), Err(DiscoveryFault::NotMetadata));
    }

    #[test]
    fn what_a_document_leaves_out_has_the_default_of_the_standard() {
        assert_eq!(without("id_token_signing_alg_values_supported").unwrap().algorithms, [Alg::Rs256]);
        assert_eq!(without("token_endpoint_auth_methods_supported").unwrap().client_auth, ClientAuth::Basic);
        assert!(!without("authorization_response_iss_parameter_supported").unwrap().answers_with_issuer);
        assert!(without("code_challenge_methods_supported").is_ok());
    }

    #[test]
    fn an_issuer_of_many_tenants_is_refused() {
        let template = json!("https://login.microsoftonline.com/{tenantid}/v2.0");
        assert_eq!(with("issuer", template), Err(DiscoveryFault::ManyTenants));
        for tenant in ["common", "organizations", "Consumers"] {
            let issuer = format!("https://login.microsoftonline.com/{tenant}/v2.0");
            assert_eq!(document_url(&issuer, &https_only), Err(DiscoveryFault::ManyTenants));
        }
        let own = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
        assert!(document_url(own, &https_only).is_ok());
    }

    #[test]
    fn the_document_lies_below_the_issuer() {
        let at = |issuer| document_url(issuer, &https_only).map(|url| url.to_string());
        assert_eq!(at(ISSUER).unwrap(), "https://idp.test/realms/acme/.well-known/openid-configuration");
        assert_eq!(at("https://idp.test/").unwrap(), "https://idp.test/.well-known/openid-configuration");
        for bad in ["http://idp.test", "https://idp.test?a=b", "https://idp.test/#x", "idp.test", "file:///etc/passwd"]
        {
            assert_eq!(at(bad), Err(DiscoveryFault::BadIssuer), "{bad}");
        }
    }
}
