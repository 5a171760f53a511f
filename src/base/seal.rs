//! Secrets at rest (law 13): sealed under the master key, bound to the place they are kept in.

use super::sources::Sources;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

/// What is first in a sealed text: the form of the rest.
const FORM: u8 = 1;

/// A sealed text that cannot be opened here.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The master key is not 32 bytes of base64.
    #[error("the master key must be 32 bytes, written in base64")]
    BadKey,
    /// Another master key, another place, or a changed byte.
    #[error("a sealed secret cannot be opened: wrong master key, or it was moved or changed")]
    CannotOpen,
}

/// The master key. It seals what the database must keep and give back.
pub struct MasterKey(LessSafeKey);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(***)")
    }
}

/// The place a sealed value is bound to: moved elsewhere it does not open.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The row, in any form that is stable.
    pub row: &'a str,
    /// The column.
    pub column: &'a str,
}

impl Place<'_> {
    fn aad(self) -> Vec<u8> {
        let mut aad = Vec::new();
        for part in [self.table, self.row, self.column] {
            aad.extend_from_slice(&(part.len() as u64).to_be_bytes());
            aad.extend_from_slice(part.as_bytes());
        }
        aad
    }
}

impl MasterKey {
    /// Reads the key from its base64 text.
    ///
    /// # Errors
    /// [`SealError::BadKey`] when it is not exactly 32 bytes.
    pub fn from_base64(text: &str) -> Result<Self, SealError> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| SealError::BadKey)?);
        let key = UnboundKey::new(&AES_256_GCM, &bytes).map_err(|_| SealError::BadKey)?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// The text of a new key.
    #[must_use]
    pub fn mint(sources: &Sources) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(sources.bytes::<32>()))
    }

    /// Seals `plain` for `place` (AES-256-GCM, a random nonce each time).
    #[must_use]
    pub fn seal(&self, sources: &Sources, place: Place<'_>, plain: &[u8]) -> Vec<u8> {
        let nonce = sources.bytes::<NONCE_LEN>();
        let head = 1 + NONCE_LEN;
        let mut sealed = Vec::with_capacity(head + plain.len() + AES_256_GCM.tag_len());
        sealed.push(FORM);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plain);
        let (nonce, aad) = (Nonce::assume_unique_for_key(nonce), Aad::from(place.aad()));
        let tag = self.0.seal_in_place_separate_tag(nonce, aad, &mut sealed[head..]);
        sealed.extend_from_slice(tag.expect("AES-GCM seals anything shorter than 64 GiB").as_ref());
        sealed
    }

    /// Opens what [`seal`](Self::seal) made for the same place.
    ///
    /// # Errors
    /// [`SealError::CannotOpen`] for another key or place, or a changed byte.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let rest = sealed.strip_prefix(&[FORM]).ok_or(SealError::CannotOpen)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(SealError::CannotOpen)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::CannotOpen)?;
        let mut body = Zeroizing::new(body.to_vec());
        let plain =
            self.0.open_in_place(nonce, Aad::from(place.aad()), &mut body).map_err(|_| SealError::CannotOpen)?.to_vec();
        Ok(Zeroizing::new(plain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'_> = Place { table: "connection", row: "1/2", column: "secret" };

    #[test]
    fn a_sealed_secret_opens_in_its_own_place_only() {
        let sources = Sources::system();
        let key = MasterKey::from_base64(&MasterKey::mint(&sources)).unwrap();
        let sealed = key.seal(&sources, PLACE, b"s3cret");
        assert_eq!(&*key.open(PLACE, &sealed).unwrap(), b"s3cret");
        assert!(key.open(Place { row: "1/3", ..PLACE }, &sealed).is_err());
        assert!(!sealed.windows(6).any(|w| w == b"s3cret"));
    }

    #[test]
    fn a_short_master_key_is_refused() {
        assert!(matches!(MasterKey::from_base64("c2hvcnQ="), Err(SealError::BadKey)));
    }
}
