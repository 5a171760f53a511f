//! The discovery document (OpenID Connect Discovery §3, RFC 8414 §2): exactly what is accepted.

use super::authorize::SCOPES;
use serde_json::{Value, json};

/// The document of `issuer`, whose endpoints lie under it.
#[must_use]
pub fn document(issuer: &str) -> Value {
    let at = |path: &str| format!("{issuer}{path}");
    let methods = ["client_secret_basic", "client_secret_post"];
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("/oauth2/authorize"),
        "token_endpoint": at("/oauth2/token"),
        "userinfo_endpoint": at("/oauth2/userinfo"),
        "jwks_uri": at("/oauth2/jwks"),
        "introspection_endpoint": at("/oauth2/introspect"),
        "revocation_endpoint": at("/oauth2/revoke"),
        "end_session_endpoint": at("/oauth2/end-session"),
        "scopes_supported": SCOPES,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": ["none", "login", "select_account"],
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "sid", "at_hash", "email", "name", "org",
            "role", "grants", "panel_access", "seat", "flags", "access_version",
        ],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "authorization_response_iss_parameter_supported": true,
    })
}

#[cfg(test)]
mod tests {
    use super::document;

    #[test]
    fn the_document_promises_one_flow_and_names_its_issuer() {
        let document = document("https://id.test");
        assert_eq!(document["issuer"], "https://id.test");
        assert_eq!(document["jwks_uri"], "https://id.test/oauth2/jwks");
        assert_eq!(document["response_types_supported"], serde_json::json!(["code"]));
        assert_eq!(document["code_challenge_methods_supported"], serde_json::json!(["S256"]));
    }
}
