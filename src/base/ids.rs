//! One type per kind of id, so that a directory's id never stands where a person's is meant.
//!
//! Ids that people and IdPs see are written `<prefix>-<32 hex digits>` (Okta takes no `_` in a SCIM base URL).
//! They are UUIDv7 minted from [`Sources`](super::sources::Sources): insertion order is id order.

use super::sources::Sources;
use chrono::{DateTime, Utc};

/// Sixteen bytes of a UUIDv7 made from the given clock and dice.
fn uuid_v7(sources: &Sources) -> [u8; 16] {
    let millis = u64::try_from(sources.now().timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &sources.bytes::<10>()).into_uuid().into_bytes()
}

/// What is before every id that is minted at this instant, and behind every earlier one.
fn first_at(at: DateTime<Utc>) -> [u8; 16] {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0).to_be_bytes();
    let mut bytes = [0; 16];
    bytes[..6].copy_from_slice(&millis[2..]);
    bytes
}

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}<32 hex digits>")]
pub struct NotAnId {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

fn parse_hex(prefix: &'static str, text: &str) -> Result<[u8; 16], NotAnId> {
    let bad = NotAnId { prefix };
    let hex = text.strip_prefix(prefix).ok_or(bad.clone())?;
    if hex.len() != 32 || !hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(bad);
    }
    uuid::Uuid::try_parse(hex).map(uuid::Uuid::into_bytes).map_err(|_| bad)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// What the text form begins with.
            pub const PREFIX: &'static str = $prefix;

            /// A new id from time and chance.
            #[must_use]
            pub fn mint(sources: &Sources) -> Self {
                Self(uuid_v7(sources))
            }

            /// The least id that can be minted at an instant or later: the bound of a range of time.
            #[must_use]
            pub fn floor(at: DateTime<Utc>) -> Self {
                Self(first_at(at))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($prefix)?;
                f.write_str(uuid::Uuid::from_bytes(self.0).simple().encode_lower(&mut uuid::Uuid::encode_buffer()))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                parse_hex($prefix, text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
    )*};
}

ids! {
    /// An organization: one customer, the wall that no query crosses.
    OrgId = "org-";
    /// A directory: an organization's SCIM endpoint.
    DirectoryId = "dir-";
    /// An OAuth client of a directory; its `client_id` names the organization too ([`ClientId`]).
    DirectoryClientId = "dcl-";
    /// A connection: an organization's login set-up with one IdP.
    ConnectionId = "con-";
    /// A person: who holds credentials, access, seat and lock.
    PersonId = "usr-";
    /// A panel app: an OAuth client of our OpenID Provider.
    AppId = "app-";
    /// A mapping rule.
    RuleId = "rul-";
    /// An audit event.
    EventId = "evt-";
    /// A session as panel apps see it (`sid`); the cookie is another, secret thing.
    SessionId = "ses-";
    /// One directory token, as it is listed; the secret is another thing.
    TokenId = "tok-";
    /// One entry of a directory's SCIM log.
    LogId = "log-";
    /// Everything that one sign-in at one panel app gave: a code and the tokens that came from it. Never shown.
    FamilyId = "fam-";
}

/// The id of a request: 32 hex digits. It is no id of a kind, since whatever a request was for is told by it.
#[must_use]
pub fn request(sources: &Sources) -> String {
    uuid::Uuid::from_bytes(uuid_v7(sources)).simple().to_string()
}

/// Ids that grow with each one, also within a millisecond and when the clock goes back (RFC 9562 §6.2, a counter in
/// the place of the first random bits): for what is read in the order in which it was written.
#[derive(Debug, Default)]
pub struct Growing {
    millis: u64,
    count: u16,
}

impl Growing {
    /// The next one, made at `at` or later.
    pub fn next(&mut self, sources: &Sources, at: DateTime<Utc>) -> [u8; 16] {
        let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
        match self.count {
            _ if millis > self.millis => (self.millis, self.count) = (millis, 0),
            0x0fff => (self.millis, self.count) = (self.millis + 1, 0),
            count => self.count = count + 1,
        }
        let mut rest = sources.bytes::<10>();
        rest[..2].copy_from_slice(&self.count.to_be_bytes());
        uuid::Builder::from_unix_timestamp_millis(self.millis, &rest).into_uuid().into_bytes()
    }
}

/// What one directory pushed: a SCIM User or Group. Written as a canonical UUID (RFC 7643 §3.1 `id`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ResourceId(pub [u8; 16]);

impl ResourceId {
    /// A new id from time and chance.
    #[must_use]
    pub fn mint(sources: &Sources) -> Self {
        Self(uuid_v7(sources))
    }
}

impl std::fmt::Display for ResourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(uuid::Uuid::from_bytes(self.0).hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()))
    }
}

impl std::fmt::Debug for ResourceId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for ResourceId {
    type Err = NotAnId;
    /// Only the canonical form is an id: `id` is `caseExact`, so another spelling is another (absent) thing.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bad = NotAnId { prefix: "" };
        let id = uuid::Uuid::try_parse(text).map_err(|_| bad.clone())?;
        if id.hyphenated().to_string() == text { Ok(Self(id.into_bytes())) } else { Err(bad) }
    }
}

/// The `client_id` of a directory's OAuth client: its id and the organization where it is looked for, written
/// `dcl-<32 hex digits>.<number in hex>`. A forged number finds nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientId {
    /// The organization that it names.
    pub org: OrgNo,
    /// The client.
    pub client: DirectoryClientId,
}

impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:x}", self.client, self.org.0)
    }
}

impl std::str::FromStr for ClientId {
    type Err = NotAnId;
    /// Only the canonical form is an id: an assertion names it byte for byte.
    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let bad = || NotAnId { prefix: DirectoryClientId::PREFIX };
        let (client, org) = text.split_once('.').ok_or_else(bad)?;
        let org = i64::from_str_radix(org, 16).map_err(|_| bad())?;
        let id = Self { org: OrgNo(org), client: client.parse()? };
        if id.to_string() == text { Ok(id) } else { Err(bad()) }
    }
}

impl serde::Serialize for ClientId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

macro_rules! numbers {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);
    )*};
}

numbers! {
    /// An organization inside the database: the first column of every key. Never reused, never shown.
    OrgNo;
    /// A directory or connection inside the database (`src`): who brought a row. Never reused, never shown.
    SourceNo;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_from_its_text() {
        let id = OrgId::mint(&Sources::system());
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().replace("org-", "dir-").parse::<OrgId>().is_err());
        assert!("org-ABCDEF00000000000000000000000000".parse::<OrgId>().is_err());
    }

    #[test]
    fn a_client_id_names_its_organization_and_has_one_spelling() {
        let id = ClientId { org: OrgNo(26), client: DirectoryClientId::mint(&Sources::system()) };
        assert_eq!(id.to_string().parse(), Ok(id));
        let text = id.client.to_string();
        for other in
            [text.clone(), format!("{text}.1A"), format!("{text}.01a"), format!("{text}.+1a"), format!("{text}.")]
        {
            assert!(other.parse::<ClientId>().is_err(), "{other}");
        }
    }

    #[test]
    fn the_id_of_a_later_request_stands_behind() {
        let start = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let clock = crate::base::sources::ManualClock::at(start);
        let sources = Sources::by_hand(clock.clone(), 1);
        let first = request(&sources);
        clock.advance(chrono::Duration::milliseconds(1));
        let second = request(&sources);
        assert!(first < second && first.len() == 32, "{first} {second}");
    }

    #[test]
    fn growing_ids_grow_also_when_the_clock_stands_still_or_goes_back() {
        let (sources, mut growing) = (Sources::system(), Growing::default());
        let now = sources.now();
        let mut last = growing.next(&sources, now);
        assert!(LogId(last) >= LogId::floor(now));
        for at in std::iter::repeat_n(now, 5000).chain([now - chrono::Duration::seconds(5)]) {
            let next = growing.next(&sources, at);
            assert!(next > last);
            last = next;
        }
    }

    #[test]
    fn a_resource_id_has_one_spelling() {
        let id = ResourceId::mint(&Sources::system());
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().replace('-', "").parse::<ResourceId>().is_err());
    }
}
