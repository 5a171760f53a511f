//! OAuth clients of a directory: what each proves itself by.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The one way in which a client of a directory proves itself, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case")]
pub enum ClientMethod {
    /// A secret, kept beside it as a keyed hash (RFC 6749 §2.3.1).
    ClientSecret,
    /// An assertion that the client signs with one of these keys (RFC 7523 §2.2, `private_key_jwt`).
    PrivateKeyJwt {
        /// Where its keys are.
        #[serde(flatten)]
        keys: ClientKeys,
    },
    /// A token that somebody else's issuer gave the client (Entra ID: workload identity federation).
    FederatedIdentity {
        /// Its `iss`, byte for byte.
        issuer: String,
        /// Where the issuer's keys are.
        jwks_uri: String,
        /// Its `sub`, byte for byte.
        subject: String,
        /// Its `aud`, byte for byte.
        audience: String,
    },
}

/// Where the keys of a client are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientKeys {
    /// Here: a JSON Web Key Set of public keys.
    Jwks(Value),
    /// At this address.
    JwksUri(String),
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_method_is_read_back_from_what_is_kept() {
        let methods = [
            ClientMethod::ClientSecret,
            ClientMethod::PrivateKeyJwt { keys: ClientKeys::Jwks(json!({"keys": []})) },
            ClientMethod::PrivateKeyJwt { keys: ClientKeys::JwksUri("https://idp.test/jwks".into()) },
            ClientMethod::FederatedIdentity {
                issuer: "https://idp.test".into(),
                jwks_uri: "https://idp.test/jwks".into(),
                subject: "sub".into(),
                audience: "api://doorward".into(),
            },
        ];
        for method in methods {
            let kept = serde_json::to_string(&method).unwrap();
            assert_eq!(serde_json::from_str::<ClientMethod>(&kept).unwrap(), method, "{kept}");
        }
    }
}
