//! Cursors (RFC 9865): opaque, sealed, bound to one directory and one query, and good for a while.

use aws_lc_rs::aead::AES_256_GCM;
use aws_lc_rs::aead::Aad;
use aws_lc_rs::aead::Nonce;
use aws_lc_rs::aead::RandomizedNonceKey;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::DateTime;
use chrono::Utc;
use serde_json::Value;
use serde_json::json;

use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::error::ScimType;

const NONCE: usize = 12;
const LONGEST: usize = 8192;

/// Where a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The place in the order, as the caller writes it (a key set or an id).
    pub after: String,
    /// How many resources lie before it.
    pub offset: u64,
    /// Whether the page lies before the place, not after it.
    pub backwards: bool,
}

/// The key of an installation's cursors.
pub struct CursorKey(RandomizedNonceKey);

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("CursorKey(***)")
    }
}

/// The key could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the cursor key is unusable")]
pub struct KeyFault;

impl CursorKey {
    /// A key of 32 bytes.
    ///
    /// # Errors
    /// [`KeyFault`] if the library refuses it.
    pub fn new(key: &[u8; 32]) -> Result<Self, KeyFault> {
        RandomizedNonceKey::new(&AES_256_GCM, key).map(Self).map_err(|_| KeyFault)
    }

    /// Makes a cursor. `binding` names all that must be the same on the next page: directory, filter, sorting, kind.
    ///
    /// # Errors
    /// [`KeyFault`] if sealing fails.
    pub fn seal(&self, position: &Position, binding: &[&str], expires: DateTime<Utc>) -> Result<String, KeyFault> {
        let plain = json!([position.after, position.offset, position.backwards, expires.timestamp()]);
        let mut sealed = plain.to_string().into_bytes();
        let nonce = self.0.seal_in_place_append_tag(Aad::from(bound(binding)), &mut sealed).map_err(|_| KeyFault)?;
        let mut whole = nonce.as_ref().to_vec();
        whole.append(&mut sealed);
        Ok(URL_SAFE_NO_PAD.encode(whole))
    }

    /// Opens a cursor.
    ///
    /// # Errors
    /// 400 `expiredCursor` for one of ours that is too old, `invalidCursor` for anything else: forged and foreign alike.
    pub fn open(&self, cursor: &str, binding: &[&str], now: DateTime<Utc>) -> Result<Position, ScimError> {
        let plain = self.unseal(cursor, binding).ok_or_else(invalid)?;
        let Value::Array(fields) = plain else { return Err(invalid()) };
        let [Value::String(after), offset, backwards, expires] = &fields[..] else { return Err(invalid()) };
        let (Some(offset), Some(backwards), Some(expires)) = (offset.as_u64(), backwards.as_bool(), expires.as_i64())
        else {
            return Err(invalid());
        };
        if now.timestamp() >= expires {
            return Err(ScimError::bad(
                ScimType::ExpiredCursor,
                "The cursor has expired; start again at the first page.",
            ));
        }
        Ok(Position { after: after.clone(), offset, backwards })
    }

    fn unseal(&self, cursor: &str, binding: &[&str]) -> Option<Value> {
        if cursor.len() > LONGEST {
            return None;
        }
        let mut whole = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (nonce, sealed) = whole.split_at_mut_checked(NONCE)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = self.0.open_in_place(nonce, Aad::from(bound(binding)), sealed).ok()?;
        serde_json::from_slice(plain).ok()
    }
}

fn invalid() -> ScimError {
    ScimError::bad(ScimType::InvalidCursor, "The cursor is not one for this query; start again at the first page.")
}

/// The parts with their lengths, so that no two bindings read the same.
fn bound(binding: &[&str]) -> Vec<u8> {
    let mut bytes = b"doorward scim cursor 1".to_vec();
    for part in binding {
        bytes.extend_from_slice(&part.len().to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn position() -> Position {
        Position { after: "0190-é".into(), offset: 100, backwards: false }
    }

    #[test]
    fn r057_a_cursor_opens_for_its_own_query_alone() {
        let key = CursorKey::new(&[7; 32]).unwrap();
        let cursor = key.seal(&position(), &["d1", "userName pr"], at(100)).unwrap();
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)));
        assert_eq!(key.open(&cursor, &["d1", "userName pr"], at(99)), Ok(position()));
        for binding in [&["d2", "userName pr"][..], &["d1", ""], &["d1u", "serName pr"], &["d1", "userName pr", ""]] {
            let error = key.open(&cursor, binding, at(99)).unwrap_err();
            assert_eq!(error.scim_type, Some(ScimType::InvalidCursor), "{binding:?}");
        }
    }

    #[test]
    fn r058_forged_foreign_and_expired_cursors() {
        let key = CursorKey::new(&[7; 32]).unwrap();
        let foreign = CursorKey::new(&[8; 32]).unwrap().seal(&position(), &[], at(100)).unwrap();
        for cursor in ["", "x", "AAAA", "🦀", foreign.as_str(), &"A".repeat(10_000)] {
            assert_eq!(key.open(cursor, &[], at(1)), Err(invalid()), "{cursor}");
        }
        let old = key.seal(&position(), &[], at(100)).unwrap();
        assert_eq!(key.open(&old, &[], at(100)).unwrap_err().scim_type, Some(ScimType::ExpiredCursor));
    }
}
