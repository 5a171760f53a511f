//! A foreign key set (RFC 7517 §5), read with tolerance for what we do not know and none for what is dangerous.

use super::algorithm::Alg;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

/// A key set that is refused as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwksFault {
    /// More bytes than [`JwkSet::MAX_BYTES`].
    #[error("the key set is larger than {} bytes", JwkSet::MAX_BYTES)]
    TooLarge,
    /// More entries than [`JwkSet::MAX_KEYS`].
    #[error("the key set has more than {} keys", JwkSet::MAX_KEYS)]
    TooManyKeys,
    /// Not a JSON object with a list `keys`.
    #[error("this is not a JSON Web Key Set")]
    NotAKeySet,
    /// No entry is a signature key of a kind that we know. An empty set verifies nothing, so it is an error.
    #[error("the key set has no signature key that can be used")]
    NoUsableKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rsa,
    P256,
    P384,
    Ed25519,
}

/// One public signature key of a set.
#[derive(Clone)]
pub struct Key {
    kid: Option<String>,
    kind: Kind,
    alg: Option<Alg>,
    issuer: Option<String>,
    pub(super) public: DecodingKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Key({:?} {:?})", self.kind, self.kid)
    }
}

/// The usable signature keys of one IdP.
#[derive(Debug, Clone)]
pub struct JwkSet(Vec<Key>);

/// Why no key was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoKey {
    Unknown,
    NoneFits,
    Several,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Entry {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// Entra ID names the issuer that a key belongs to.
    issuer: Option<String>,
}

impl JwkSet {
    /// The largest document that is read, in bytes.
    pub const MAX_BYTES: usize = 256 * 1024;
    /// The most entries that a document may have.
    pub const MAX_KEYS: usize = 100;

    /// Reads a key set. Entries of unknown types, for encryption, or too weak (RSA below 2048 bits) are passed over.
    ///
    /// # Errors
    /// A [`JwksFault`] when the set is refused as a whole.
    pub fn parse(document: &[u8]) -> Result<Self, JwksFault> {
        if document.len() > Self::MAX_BYTES {
            return Err(JwksFault::TooLarge);
        }
        let document: Document = serde_json::from_slice(document).map_err(|_| JwksFault::NotAKeySet)?;
        if document.keys.len() > Self::MAX_KEYS {
            return Err(JwksFault::TooManyKeys);
        }
        let entries = document.keys.into_iter().filter_map(|entry| serde_json::from_value::<Entry>(entry).ok());
        let keys: Vec<Key> = entries.filter_map(usable).collect();
        if keys.is_empty() { Err(JwksFault::NoUsableKey) } else { Ok(Self(keys)) }
    }

    /// The key that a token with this header was signed with: by `kid`, key type, `alg` and `use` together.
    ///
    /// Without a `kid` there must be exactly one key that fits (OpenID Connect Core §10.1).
    pub(super) fn choose(&self, kid: Option<&str>, alg: Alg) -> Result<&Key, NoKey> {
        let named: Vec<&Key> = match kid {
            Some(kid) => self.0.iter().filter(|key| key.kid.as_deref() == Some(kid)).collect(),
            None => self.0.iter().collect(),
        };
        if named.is_empty() {
            return Err(NoKey::Unknown);
        }
        let mut fitting = named.into_iter().filter(|key| key.fits(alg));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Ok(key),
            (Some(_), Some(_)) => Err(NoKey::Several),
            (None, _) => Err(NoKey::NoneFits),
        }
    }
}

impl Key {
    fn fits(&self, alg: Alg) -> bool {
        let kind = match alg {
            Alg::Es256 => Kind::P256,
            Alg::Es384 => Kind::P384,
            Alg::Rs256 | Alg::Rs384 | Alg::Rs512 | Alg::Ps256 | Alg::Ps384 | Alg::Ps512 => Kind::Rsa,
            Alg::EdDsa => Kind::Ed25519,
        };
        self.kind == kind && self.alg.is_none_or(|own| own == alg)
    }

    /// Whether the key may speak for `issuer`: Entra ID writes on each key whose it is, with `{tenantid}` for any tenant.
    pub(super) fn speaks_for(&self, issuer: &str) -> bool {
        let Some(own) = &self.issuer else { return true };
        let Some((before, after)) = own.split_once("{tenantid}") else { return own == issuer };
        let tenant = issuer.strip_prefix(before).and_then(|rest| rest.strip_suffix(after));
        tenant.is_some_and(|id| id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'))
    }
}

fn usable(entry: Entry) -> Option<Key> {
    if entry.purpose.as_deref().is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    if entry.key_ops.as_ref().is_some_and(|ops| !ops.iter().any(|op| op == "verify")) {
        return None;
    }
    let alg = match entry.alg.as_deref() {
        Some(name) => Some(Alg::named(name)?),
        None => None,
    };
    let (kind, public) = match entry.kty.as_str() {
        "RSA" => (Kind::Rsa, rsa(entry.n.as_deref()?, entry.e.as_deref()?)?),
        "EC" => ec(entry.crv.as_deref()?, entry.x.as_deref()?, entry.y.as_deref()?)?,
        "OKP" if entry.crv.as_deref() == Some("Ed25519") => (Kind::Ed25519, ed(entry.x.as_deref()?)?),
        _ => return None,
    };
    Some(Key { kid: entry.kid, kind, alg, issuer: entry.issuer, public })
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
}

fn rsa(n: &str, e: &str) -> Option<DecodingKey> {
    let (n, e) = (bytes(n)?, bytes(e)?);
    let zeros = n.iter().take_while(|byte| **byte == 0).count();
    let modulus = &n[zeros..];
    let bits = modulus.len() * 8 - modulus.first()?.leading_zeros() as usize;
    // Above 8192 bits one verification costs too much; the library refuses it as well.
    (2048..=8192).contains(&bits).then(|| DecodingKey::from_rsa_raw_components(modulus, &e))
}

fn ec(curve: &str, x: &str, y: &str) -> Option<(Kind, DecodingKey)> {
    let (kind, size) = match curve {
        "P-256" => (Kind::P256, 32),
        "P-384" => (Kind::P384, 48),
        _ => return None,
    };
    let (x, y) = (bytes(x)?, bytes(y)?);
    if x.len() != size || y.len() != size {
        return None;
    }
    Some((kind, DecodingKey::from_ec_der(&[&[4][..], &x, &y].concat())))
}

fn ed(x: &str) -> Option<DecodingKey> {
    let x = bytes(x)?;
    (x.len() == 32).then(|| DecodingKey::from_ed_der(&x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::jose::signing::SigningKey;
    use serde_json::json;

    fn key(alg: Alg) -> Value {
        SigningKey::generate(alg).unwrap().0.public_jwk().clone()
    }

    fn with(mut jwk: Value, name: &str, value: &str) -> Value {
        jwk[name] = value.into();
        jwk
    }

    fn without(mut jwk: Value, names: &[&str]) -> Value {
        for name in names {
            jwk.as_object_mut().unwrap().remove(*name);
        }
        jwk
    }

    fn set(keys: &[Value]) -> Result<JwkSet, JwksFault> {
        JwkSet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn unknown_key_types_do_not_spoil_a_set() {
        let strange = [
            json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}),
            json!({"kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA"}),
            json!({"kty": "OKP", "crv": "X25519", "x": "AA"}),
            json!({"kty": "oct", "k": "c2VjcmV0"}),
            json!({"kty": 7}),
            json!("text"),
            key(Alg::Es256),
        ];
        assert_eq!(set(&strange).unwrap().0.len(), 1);
        assert_eq!(set(&strange[..6]).unwrap_err(), JwksFault::NoUsableKey);
    }

    #[test]
    fn keys_for_encryption_and_weak_keys_are_passed_over() {
        let good = key(Alg::Rs256);
        assert!(set(&[with(good.clone(), "use", "enc")]).is_err());
        assert!(set(&[with(good.clone(), "alg", "RSA-OAEP")]).is_err());
        let mut ops = without(good.clone(), &["use"]);
        ops["key_ops"] = json!(["encrypt"]);
        assert!(set(&[ops]).is_err());
        assert!(set(&[with(good.clone(), "n", &URL_SAFE_NO_PAD.encode([0xff; 128]))]).is_err());
        assert!(set(&[with(good, "n", "")]).is_err());
    }

    #[test]
    fn a_set_has_its_limits() {
        assert_eq!(JwkSet::parse(&vec![b' '; JwkSet::MAX_BYTES + 1]).unwrap_err(), JwksFault::TooLarge);
        assert_eq!(set(&vec![key(Alg::Es256); JwkSet::MAX_KEYS + 1]).unwrap_err(), JwksFault::TooManyKeys);
        for text in ["[]", "{}", r#"{"keys":{}}"#, "<html>"] {
            assert_eq!(JwkSet::parse(text.as_bytes()).unwrap_err(), JwksFault::NotAKeySet, "{text}");
        }
    }

    #[test]
    fn a_key_is_chosen_by_its_id_type_and_algorithm_together() {
        let (es, rs) = (with(key(Alg::Es256), "kid", "one"), with(key(Alg::Rs256), "kid", "one"));
        let keys = set(&[es.clone(), rs]).unwrap();
        assert_eq!(keys.choose(Some("one"), Alg::Es256).unwrap().kind, Kind::P256);
        assert_eq!(keys.choose(Some("one"), Alg::Rs256).unwrap().kind, Kind::Rsa);
        assert_eq!(keys.choose(Some("one"), Alg::Rs384).unwrap_err(), NoKey::NoneFits);
        assert_eq!(keys.choose(Some("two"), Alg::Es256).unwrap_err(), NoKey::Unknown);
        assert_eq!(set(&[es.clone(), es]).unwrap().choose(Some("one"), Alg::Es256).unwrap_err(), NoKey::Several);
    }

    #[test]
    fn without_a_key_id_exactly_one_key_must_fit() {
        let (es, rs) = (key(Alg::Es256), key(Alg::Rs256));
        assert!(set(&[es.clone(), rs]).unwrap().choose(None, Alg::Es256).is_ok());
        assert_eq!(set(&[es, key(Alg::Es256)]).unwrap().choose(None, Alg::Es256).unwrap_err(), NoKey::Several);
    }

    #[test]
    fn a_key_that_names_its_issuer_speaks_for_that_one_alone() {
        let tenant = "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0";
        let named = set(&[with(key(Alg::Es256), "issuer", tenant)]).unwrap();
        assert!(named.0[0].speaks_for(tenant) && !named.0[0].speaks_for("https://idp.test"));
        let template = "https://login.microsoftonline.com/{tenantid}/v2.0";
        let any = set(&[with(key(Alg::Es256), "issuer", template)]).unwrap();
        assert!(any.0[0].speaks_for(tenant));
        assert!(!any.0[0].speaks_for("https://login.microsoftonline.com/x/evil/v2.0"));
    }
}
