//! The small hashes and comparisons that OpenID and OAuth build on.

use super::algorithm::Alg;
use aws_lc_rs::{constant_time, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Base64url without padding of SHA-256 of `text`: the PKCE `S256` challenge (RFC 7636 §4.2) and the JWK thumbprint.
#[must_use]
pub fn sha256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// The left half of the hash of an access token, as `at_hash` carries it (OpenID Connect Core §3.1.3.6).
#[must_use]
pub fn left_half(alg: Alg, token: &str) -> String {
    let whole = digest::digest(alg.hash(), token.as_bytes());
    URL_SAFE_NO_PAD.encode(&whole.as_ref()[..whole.as_ref().len() / 2])
}

/// Base64url without padding of random bytes: the form of `state`, `nonce` and PKCE verifiers.
#[must_use]
pub fn text_of(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whether two texts are equal, in time that does not depend on where they differ.
#[must_use]
pub fn same(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_that_of_rfc_7636_appendix_b() {
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert_eq!(sha256(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn the_access_token_hash_is_that_of_the_openid_example() {
        // OpenID Connect Core, appendix A.3.
        assert_eq!(left_half(Alg::Rs256, "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"), "77QmUPtjPfzWtF2AnpK9RQ");
    }
}
