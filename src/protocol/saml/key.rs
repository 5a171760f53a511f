//! A public key that a connection has pinned, and what it may verify.

use aws_lc_rs::rsa::PublicEncryptingKey;
use aws_lc_rs::signature;
use aws_lc_rs::signature::ParsedPublicKey;
use aws_lc_rs::signature::VerificationAlgorithm;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::Serialize;
use x509_cert::der::Decode as _;
use x509_cert::der::Encode as _;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// Why a public key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// Not a DER SubjectPublicKeyInfo, or not base64 where it was stored.
    #[error("the public key is malformed")]
    Malformed,
    /// Neither RSA nor ECDSA on P-256, P-384 or P-521.
    #[error("the public key is neither RSA nor on the curves P-256, P-384 or P-521")]
    Unsupported,
    /// An RSA modulus outside 2048 to 8192 bits.
    #[error("the RSA key is shorter than 2048 or longer than 8192 bits")]
    RsaSize,
}

/// The families of keys that verify a SAML signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA with a modulus of so many bits.
    Rsa(usize),
    /// ECDSA on P-256.
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521.
    P521,
}

/// A pinned public key of an IdP, parsed once. It is stored as base64 of the DER SubjectPublicKeyInfo.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SigningKey {
    spki: Vec<u8>,
    kind: KeyKind,
    verifiers: Vec<(SignatureMethod, ParsedPublicKey)>,
}

/// The signature algorithms that are accepted, by their identifiers in RFC 9231 (there is no SHA-1 among them).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SignatureMethod {
    RsaSha256,
    RsaSha384,
    RsaSha512,
    EcdsaSha256,
    EcdsaSha384,
    EcdsaSha512,
}

impl SignatureMethod {
    pub(super) fn from_uri(uri: &str) -> Option<Self> {
        match uri {
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256" => Some(Self::RsaSha256),
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384" => Some(Self::RsaSha384),
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512" => Some(Self::RsaSha512),
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256" => Some(Self::EcdsaSha256),
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384" => Some(Self::EcdsaSha384),
            "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha512" => Some(Self::EcdsaSha512),
            _ => None,
        }
    }
}

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

impl SigningKey {
    /// Reads a DER SubjectPublicKeyInfo (RFC 5280 4.1.2.7).
    ///
    /// # Errors
    /// When it is malformed, too weak, or of a family that is not accepted.
    pub fn from_spki_der(der: &[u8]) -> Result<Self, KeyFault> {
        let info = SubjectPublicKeyInfoOwned::from_der(der).map_err(|_| KeyFault::Malformed)?;
        Self::from_info(&info)
    }

    pub(super) fn from_info(info: &SubjectPublicKeyInfoOwned) -> Result<Self, KeyFault> {
        let spki = info.to_der().map_err(|_| KeyFault::Malformed)?;
        let kind = kind_of(info, &spki)?;
        let mut verifiers = Vec::new();
        for (method, algorithm) in algorithms(kind) {
            let parsed = ParsedPublicKey::new(*algorithm, &spki[..]).map_err(|_| KeyFault::Malformed)?;
            verifiers.push((*method, parsed));
        }
        Ok(Self { spki, kind, verifiers })
    }

    /// The key as a DER SubjectPublicKeyInfo: two keys are the same when these bytes are.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// Family and size.
    #[must_use]
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// Whether `signature` over `message` is this key's; `None` when the key does not fit the algorithm.
    pub(super) fn verify(&self, method: SignatureMethod, message: &[u8], signature: &[u8]) -> Option<bool> {
        let (_, key) = self.verifiers.iter().find(|(fits, _)| *fits == method)?;
        Some(key.verify_sig(message, signature).is_ok())
    }
}

fn kind_of(info: &SubjectPublicKeyInfoOwned, spki: &[u8]) -> Result<KeyKind, KeyFault> {
    if info.algorithm.oid == RSA {
        let bits = PublicEncryptingKey::from_der(spki).map_err(|_| KeyFault::RsaSize)?.key_size_bits();
        return if (2048..=8192).contains(&bits) { Ok(KeyKind::Rsa(bits)) } else { Err(KeyFault::RsaSize) };
    }
    if info.algorithm.oid != EC {
        return Err(KeyFault::Unsupported);
    }
    let curve = info.algorithm.parameters.as_ref().and_then(|any| any.decode_as::<ObjectIdentifier>().ok());
    match curve {
        Some(P256) => Ok(KeyKind::P256),
        Some(P384) => Ok(KeyKind::P384),
        Some(P521) => Ok(KeyKind::P521),
        _ => Err(KeyFault::Unsupported),
    }
}

type Fitting = (SignatureMethod, &'static dyn VerificationAlgorithm);

/// XML signatures carry ECDSA as `r || s` (XML Signature 1.1, 6.4.3).
fn algorithms(kind: KeyKind) -> &'static [Fitting] {
    match kind {
        KeyKind::Rsa(_) => &[
            (SignatureMethod::RsaSha256, &signature::RSA_PKCS1_2048_8192_SHA256),
            (SignatureMethod::RsaSha384, &signature::RSA_PKCS1_2048_8192_SHA384),
            (SignatureMethod::RsaSha512, &signature::RSA_PKCS1_2048_8192_SHA512),
        ],
        KeyKind::P256 => &[(SignatureMethod::EcdsaSha256, &signature::ECDSA_P256_SHA256_FIXED)],
        KeyKind::P384 => &[(SignatureMethod::EcdsaSha384, &signature::ECDSA_P384_SHA384_FIXED)],
        KeyKind::P521 => &[
            (SignatureMethod::EcdsaSha256, &signature::ECDSA_P521_SHA256_FIXED),
            (SignatureMethod::EcdsaSha384, &signature::ECDSA_P521_SHA384_FIXED),
            (SignatureMethod::EcdsaSha512, &signature::ECDSA_P521_SHA512_FIXED),
        ],
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl PartialEq for SigningKey {
    fn eq(&self, other: &Self) -> bool {
        self.spki == other.spki
    }
}

impl Eq for SigningKey {}

impl TryFrom<String> for SigningKey {
    type Error = KeyFault;

    fn try_from(text: String) -> Result<Self, KeyFault> {
        Self::from_spki_der(&STANDARD.decode(text).map_err(|_| KeyFault::Malformed)?)
    }
}

impl From<SigningKey> for String {
    fn from(key: SigningKey) -> Self {
        STANDARD.encode(key.spki)
    }
}
