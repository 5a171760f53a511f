//! Bearer secrets of ours: 256 random bits that name their organization, kept only as keyed hashes (law 13).
//!
//! The organization's number stands in the token, so that every table of tokens is keyed by organization (law 3)
//! and a forged number finds nothing: the hash covers the whole text.

use super::ids::OrgNo;
use super::sources::Sources;
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret as _, SecretString};

/// Which door a token opens; a token of one kind never passes for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// A directory's bearer secret.
    Directory,
    /// A browser's session cookie.
    Session,
    /// The cookie that binds a login flow to its browser.
    Flow,
    /// An authorization code.
    Code,
    /// An access token of a panel app.
    Access,
    /// A refresh token of a panel app.
    Refresh,
    /// A link that was handed out: invitation or reset.
    Mailed,
    /// A token of the management API.
    Api,
    /// The secret of a directory's OAuth client.
    DirectoryClient,
    /// A panel app's client secret (belongs to no organization: number 0).
    App,
}

impl TokenKind {
    /// What the text of a token of this kind begins with: secret scanners and people recognize it.
    #[must_use]
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Directory => "dwd",
            Self::Session => "dws",
            Self::Flow => "dwf",
            Self::Code => "dwc",
            Self::Access => "dwa",
            Self::Refresh => "dwr",
            Self::Mailed => "dwm",
            Self::Api => "dwk",
            Self::DirectoryClient => "dwo",
            Self::App => "dwp",
        }
    }
}

/// The keyed hash of a token: what tables keep.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TokenHash(pub [u8; 32]);

impl std::fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenHash(***)")
    }
}

/// A token that was presented: whose it claims to be, and the hash to look for there.
#[derive(Debug, Clone, Copy)]
pub struct Presented {
    /// The organization that the token names. Proved only when the hash is found in its rows.
    pub org: OrgNo,
    /// What to look for.
    pub hash: TokenHash,
}

/// A token that was made now: the text is shown once, the hash is kept.
#[derive(Debug)]
pub struct Minted {
    /// The secret text.
    pub text: SecretString,
    /// What the table keeps.
    pub hash: TokenHash,
}

/// Makes and recognizes tokens. Its key is a sealed secret of its own, so that a new master key breaks no token.
#[derive(Clone)]
pub struct TokenMint(std::sync::Arc<hmac::Key>);

impl std::fmt::Debug for TokenMint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TokenMint(***)")
    }
}

impl TokenMint {
    /// A mint that hashes under `key`.
    #[must_use]
    pub fn new(key: &[u8]) -> Self {
        Self(std::sync::Arc::new(hmac::Key::new(hmac::HMAC_SHA256, key)))
    }

    /// A new token of `kind` for `org`.
    #[must_use]
    pub fn mint(&self, sources: &Sources, kind: TokenKind, org: OrgNo) -> Minted {
        let body = URL_SAFE_NO_PAD.encode(sources.bytes::<32>());
        let text = format!("{}{:x}.{body}", kind.prefix(), org.0);
        Minted { hash: self.hash(&text), text: text.into() }
    }

    /// The one token that follows `text`: the same each time, so that an answer that was lost can be given again
    /// without its text having been kept.
    #[must_use]
    pub fn successor(&self, kind: TokenKind, org: OrgNo, text: &str) -> Minted {
        let body = URL_SAFE_NO_PAD.encode(self.hash(&format!("successor of {text}")).0);
        let text = format!("{}{:x}.{body}", kind.prefix(), org.0);
        Minted { hash: self.hash(&text), text: text.into() }
    }

    /// The one token of `kind` that belongs to `reason`: the same each time, so that whoever asks again for the same
    /// reason gets the same token without its text having been kept.
    #[must_use]
    pub fn for_reason(&self, kind: TokenKind, org: OrgNo, reason: &str) -> Minted {
        let body = URL_SAFE_NO_PAD.encode(self.hash(&format!("for {reason}")).0);
        let text = format!("{}{:x}.{body}", kind.prefix(), org.0);
        Minted { hash: self.hash(&text), text: text.into() }
    }

    /// Reads a presented token of `kind`; `None` when the text cannot be one.
    #[must_use]
    pub fn read(&self, kind: TokenKind, text: &str) -> Option<Presented> {
        if text.len() > 128 {
            return None;
        }
        let (org, body) = text.strip_prefix(kind.prefix())?.split_once('.')?;
        if body.len() != 43 || org.is_empty() || org.len() > 15 {
            return None;
        }
        let org = i64::from_str_radix(org, 16).ok().filter(|org| *org >= 0)?;
        Some(Presented { org: OrgNo(org), hash: self.hash(text) })
    }

    /// The keyed hash (HMAC-SHA-256) of any secret text, for secrets that were not minted here.
    #[must_use]
    pub fn hash(&self, text: &str) -> TokenHash {
        let tag = hmac::sign(&self.0, text.as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(tag.as_ref());
        TokenHash(hash)
    }

    /// Whether `text` hashes to `hash`, in constant time.
    #[must_use]
    pub fn matches(&self, text: &str, hash: &TokenHash) -> bool {
        hmac::verify(&self.0, text.as_bytes(), &hash.0).is_ok()
    }
}

/// Shows the text of a minted token: call it only where the token is handed to its owner.
#[must_use]
pub fn reveal(text: &SecretString) -> &str {
    text.expose_secret()
}

/// Whether two texts are equal, in time that does not depend on where they differ.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_only_as_its_own_kind() {
        let mint = TokenMint::new(&[7; 32]);
        let token = mint.mint(&Sources::system(), TokenKind::Directory, OrgNo(26));
        let text = reveal(&token.text);
        let seen = mint.read(TokenKind::Directory, text).unwrap();
        assert_eq!((seen.org, seen.hash), (OrgNo(26), token.hash));
        assert!(mint.read(TokenKind::Session, text).is_none());
        assert!(mint.matches(text, &token.hash));
    }

    #[test]
    fn a_token_has_one_successor_and_another_key_another() {
        let (mint, org) = (TokenMint::new(&[7; 32]), OrgNo(3));
        let first = mint.mint(&Sources::system(), TokenKind::Refresh, org);
        let next = |mint: &TokenMint| mint.successor(TokenKind::Refresh, org, reveal(&first.text));
        assert_eq!(reveal(&next(&mint).text), reveal(&next(&mint).text));
        assert_eq!(mint.read(TokenKind::Refresh, reveal(&next(&mint).text)).unwrap().hash, next(&mint).hash);
        assert_ne!(next(&mint).hash, first.hash);
        assert_ne!(reveal(&next(&TokenMint::new(&[8; 32])).text), reveal(&next(&mint).text));
    }

    #[test]
    fn a_minted_secret_prints_stars() {
        let token = TokenMint::new(&[7; 32]).mint(&Sources::system(), TokenKind::Code, OrgNo(1));
        assert!(!format!("{token:?}").contains(reveal(&token.text)));
    }
}
