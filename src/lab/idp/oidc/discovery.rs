//! What the provider says about itself.

use super::knobs::IssParameter;
use crate::lab::idp::core::Core;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};
use std::sync::Arc;

pub(super) async fn configuration(State(core): State<Arc<Core>>) -> Json<Value> {
    let promises_iss = core.memory().oidc.iss_parameter != IssParameter::Unsupported;
    Json(json!({
        "issuer": core.base_url,
        "authorization_endpoint": core.at("/oidc/authorize"),
        "token_endpoint": core.at("/oidc/token"),
        "userinfo_endpoint": core.at("/oidc/userinfo"),
        "introspection_endpoint": core.at("/oidc/introspect"),
        "jwks_uri": core.at("/oidc/jwks"),
        "end_session_endpoint": core.at("/oidc/end_session"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "profile", "email", "groups"],
        "claims_supported": ["sub", "email", "email_verified", "name", "given_name", "family_name", "groups"],
        "authorization_response_iss_parameter_supported": promises_iss,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
    }))
}

pub(super) async fn jwks(State(core): State<Arc<Core>>) -> Json<Value> {
    let keys = core.keys();
    Json(json!({ "keys": [keys.es256.public, keys.rs256.public] }))
}
