//! A signing key of ours: made, kept as PKCS#8 (which the caller seals), published as a JWK.

use super::algorithm::Alg;
use super::digest;
use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// A signing key could not be made, read or used.
#[derive(Debug, thiserror::Error)]
pub enum SigningFault {
    /// We sign with ES256 and RS256 alone.
    #[error("we do not sign with {}", .0.name())]
    AlgorithmNotOurs(Alg),
    /// The library refused to make a key or a signature.
    #[error("the cryptographic library failed")]
    Library(#[source] aws_lc_rs::error::Unspecified),
    /// The bytes are not a PKCS#8 key of that algorithm, or an RSA key is shorter than 2048 bits.
    #[error("these bytes are not a private key of the expected kind")]
    NotAKey,
    /// The claims cannot be written as JSON.
    #[error("the claims cannot be written as JSON")]
    Claims(#[source] serde_json::Error),
}

enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(Box<RsaKeyPair>),
}

/// A private key with its public face. It prints its id alone.
pub struct SigningKey {
    pair: Pair,
    kid: String,
    jwk: Value,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({} {})", self.alg().name(), self.kid)
    }
}

impl SigningKey {
    /// A new key (`Es256` or `Rs256` of 2048 bits) and its PKCS#8 DER bytes, which the caller seals before it keeps them.
    ///
    /// # Errors
    /// [`SigningFault::AlgorithmNotOurs`], or [`SigningFault::Library`] when the machine has no randomness.
    pub fn generate(alg: Alg) -> Result<(Self, Zeroizing<Vec<u8>>), SigningFault> {
        let der = match alg {
            Alg::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(SigningFault::Library)?;
                Zeroizing::new(pair.to_pkcs8v1().map_err(SigningFault::Library)?.as_ref().to_vec())
            }
            Alg::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(SigningFault::Library)?;
                let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().map_err(SigningFault::Library)?;
                Zeroizing::new(der.as_ref().to_vec())
            }
            other => return Err(SigningFault::AlgorithmNotOurs(other)),
        };
        Ok((Self::load(alg, &der)?, der))
    }

    /// Reads a key from the bytes that [`generate`](Self::generate) gave.
    ///
    /// # Errors
    /// [`SigningFault::NotAKey`] when they are not such a key.
    pub fn load(alg: Alg, pkcs8: &[u8]) -> Result<Self, SigningFault> {
        let pair = match alg {
            Alg::Es256 => Pair::Es256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).map_err(|_| SigningFault::NotAKey)?,
            ),
            Alg::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).map_err(|_| SigningFault::NotAKey)?;
                if pair.public_modulus_len() < 256 {
                    return Err(SigningFault::NotAKey);
                }
                Pair::Rs256(Box::new(pair))
            }
            other => return Err(SigningFault::AlgorithmNotOurs(other)),
        };
        let (kid, jwk) = public_face(&pair);
        Ok(Self { pair, kid, jwk })
    }

    /// The key's id: its RFC 7638 thumbprint (SHA-256), so that it never needs to be stored.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// What it signs with.
    #[must_use]
    pub fn alg(&self) -> Alg {
        match self.pair {
            Pair::Es256(_) => Alg::Es256,
            Pair::Rs256(_) => Alg::Rs256,
        }
    }

    /// The public key as our JWK set shows it, with `use`, `alg` and `kid`.
    #[must_use]
    pub fn public_jwk(&self) -> &Value {
        &self.jwk
    }

    /// A compact JWT of `claims` with the header `typ` (such as `JWT`, `at+jwt`, `logout+jwt`, `secevent+jwt`).
    ///
    /// # Errors
    /// [`SigningFault::Claims`] when the claims are no JSON, [`SigningFault::Library`] when signing fails.
    pub fn sign<C: Serialize>(&self, typ: &str, claims: &C) -> Result<String, SigningFault> {
        let header = json!({"alg": self.alg().name(), "typ": typ, "kid": self.kid}).to_string();
        let body = serde_json::to_vec(claims).map_err(SigningFault::Claims)?;
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(body));
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Es256(pair) => {
                pair.sign(&random, message.as_bytes()).map_err(SigningFault::Library)?.as_ref().to_vec()
            }
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature)
                    .map_err(SigningFault::Library)?;
                signature
            }
        };
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The thumbprint (RFC 7638 §3: required members only, in this order, no spaces) and the JWK.
fn public_face(pair: &Pair) -> (String, Value) {
    match pair {
        Pair::Es256(pair) => {
            // SEC 1 uncompressed: 4, then both coordinates of 32 bytes.
            let point = pair.public_key().as_ref();
            let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
            let kid = digest::sha256(&format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#));
            let jwk =
                json!({"kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": kid.clone()});
            (kid, jwk)
        }
        Pair::Rs256(pair) => {
            let parts = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
            let (n, e) = (URL_SAFE_NO_PAD.encode(parts.n), URL_SAFE_NO_PAD.encode(parts.e));
            let kid = digest::sha256(&format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#));
            let jwk = json!({"kty": "RSA", "n": n, "e": e, "use": "sig", "alg": "RS256", "kid": kid.clone()});
            (kid, jwk)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jsonwebtoken::jwk::{Jwk, ThumbprintHash};

    #[test]
    fn the_key_id_is_the_thumbprint_that_another_library_computes() {
        for alg in [Alg::Es256, Alg::Rs256] {
            let (key, _) = SigningKey::generate(alg).unwrap();
            let jwk: Jwk = serde_json::from_value(key.public_jwk().clone()).unwrap();
            assert_eq!(jwk.thumbprint(ThumbprintHash::SHA256).unwrap(), key.kid());
        }
    }

    #[test]
    fn a_key_is_the_same_after_it_was_kept() {
        for alg in [Alg::Es256, Alg::Rs256] {
            let (key, der) = SigningKey::generate(alg).unwrap();
            let again = SigningKey::load(alg, &der).unwrap();
            assert_eq!(again.public_jwk(), key.public_jwk());
        }
    }

    #[test]
    fn a_signature_of_ours_is_accepted_by_another_library() {
        for alg in [Alg::Es256, Alg::Rs256] {
            let (key, _) = SigningKey::generate(alg).unwrap();
            let token = key.sign("JWT", &json!({"sub": "ada", "exp": 4_000_000_000_u64})).unwrap();
            let jwk: Jwk = serde_json::from_value(key.public_jwk().clone()).unwrap();
            let seen = jsonwebtoken::decode::<Value>(
                &token,
                &jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap(),
                &jsonwebtoken::Validation::new(alg.in_library()),
            )
            .unwrap();
            assert_eq!(seen.claims["sub"], "ada");
            assert_eq!(seen.header.kid.as_deref(), Some(key.kid()));
        }
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let (_, der) = SigningKey::generate(Alg::Es256).unwrap();
        assert!(matches!(SigningKey::load(Alg::Rs256, &der), Err(SigningFault::NotAKey)));
        assert!(matches!(SigningKey::load(Alg::Es256, b"junk"), Err(SigningFault::NotAKey)));
        assert!(matches!(SigningKey::generate(Alg::Ps256), Err(SigningFault::AlgorithmNotOurs(Alg::Ps256))));
    }

    #[test]
    fn a_printed_key_shows_its_id_alone() {
        let (key, _) = SigningKey::generate(Alg::Es256).unwrap();
        assert_eq!(format!("{key:?}"), format!("SigningKey(ES256 {})", key.kid()));
    }
}
