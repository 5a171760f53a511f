//! The keys an emulated IdP signs with.

use super::certificate::self_signed;
use crate::base::sources::Sources;
use crate::lab::error::LabError;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jsonwebtoken::jwk::{Jwk, KeyAlgorithm, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};

/// One key for tokens, with its public half as published.
pub(super) struct TokenKey {
    pub(super) algorithm: Algorithm,
    pub(super) private: EncodingKey,
    pub(super) public: Jwk,
    pub(super) kid: String,
}

/// All keys of one IdP.
pub(super) struct Keys {
    pub(super) rsa: RsaKeyPair,
    /// PKCS #8 as PEM.
    pub(super) rsa_pem: String,
    /// DER.
    pub(super) certificate: Vec<u8>,
    pub(super) rs256: TokenKey,
    pub(super) es256: TokenKey,
}

impl Keys {
    /// A fresh set, with a certificate in the name of `issuer`.
    pub(super) fn generate(sources: &Sources, issuer: &str) -> Result<Self, LabError> {
        let rsa = RsaKeyPair::generate(KeySize::Rsa2048)?;
        let rsa_pem = pem(AsDer::<Pkcs8V1Der<'_>>::as_der(&rsa)?.as_ref());
        let ec = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        let ec_pem = pem(ec.to_pkcs8v1()?.as_ref());
        Ok(Self {
            certificate: self_signed(&rsa, issuer, sources.bytes(), sources.now())?,
            rs256: TokenKey::new(
                Algorithm::RS256,
                KeyAlgorithm::RS256,
                EncodingKey::from_rsa_pem(rsa_pem.as_bytes())?,
            )?,
            es256: TokenKey::new(Algorithm::ES256, KeyAlgorithm::ES256, EncodingKey::from_ec_pem(ec_pem.as_bytes())?)?,
            rsa,
            rsa_pem,
        })
    }

    /// The certificate as metadata and KeyInfo carry it.
    pub(super) fn certificate_base64(&self) -> String {
        STANDARD.encode(&self.certificate)
    }

    /// The key that signs under `algorithm`: RS256, or ES256 for anything else.
    pub(super) fn for_tokens(&self, algorithm: Algorithm) -> &TokenKey {
        if algorithm == Algorithm::RS256 { &self.rs256 } else { &self.es256 }
    }
}

impl TokenKey {
    fn new(algorithm: Algorithm, published: KeyAlgorithm, private: EncodingKey) -> Result<Self, LabError> {
        let mut public = Jwk::from_encoding_key(&private, algorithm)?;
        let kid = public.thumbprint(ThumbprintHash::SHA256)?;
        public.common.key_id = Some(kid.clone());
        public.common.key_algorithm = Some(published);
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { algorithm, private, public, kid })
    }
}

fn pem(pkcs8: &[u8]) -> String {
    let text = STANDARD.encode(pkcs8);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap_or_default()).collect();
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"))
}
