//! What a response must agree with. All of it is looked up by the connection in the address, never by the message.

use super::key::SigningKey;
use chrono::DateTime;
use chrono::Duration;
use chrono::Utc;

/// What the caller knows about the sign-in that a response claims to finish.
#[derive(Debug, Clone)]
pub struct Expected<'a> {
    /// The entity id of the connection's IdP.
    pub idp_entity_id: &'a str,
    /// The IdP's pinned signing keys, at least one and at most 8.
    pub keys: &'a [SigningKey],
    /// The address that the response was posted to, as it stands in our metadata.
    pub acs_url: &'a str,
    /// Our entity id for this connection.
    pub audience: &'a str,
    /// The id of the request that is outstanding for this organization, connection and browser; `None` when there is
    /// none.
    pub request_id: Option<&'a str>,
    /// Whether a response without a request is accepted; it must then have no InResponseTo at all.
    pub allow_idp_initiated: bool,
    /// How far the two clocks may differ: 120 s by default, at most 300 s (more counts as 300 s).
    pub skew: Duration,
    /// The greatest age of the person's sign-in at the IdP, if one was asked for.
    pub max_auth_age: Option<Duration>,
    /// When the request was sent, if it asked for a fresh sign-in (ForceAuthn).
    pub force_authn_since: Option<DateTime<Utc>>,
    /// The authentication contexts that were asked for; empty: any.
    pub authn_contexts: &'a [String],
}

impl<'a> Expected<'a> {
    /// The usual case: an answer to `request_id`, 120 s of skew, no wish about how or when the person signed in.
    #[must_use]
    pub fn new(
        idp_entity_id: &'a str,
        keys: &'a [SigningKey],
        acs_url: &'a str,
        audience: &'a str,
        request_id: Option<&'a str>,
    ) -> Self {
        Self {
            idp_entity_id,
            keys,
            acs_url,
            audience,
            request_id,
            allow_idp_initiated: false,
            skew: Duration::seconds(120),
            max_auth_age: None,
            force_authn_since: None,
            authn_contexts: &[],
        }
    }
}
