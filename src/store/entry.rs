//! The one exception to law 3: turns a handle that arrives before the organization is known into an organization,
//! and nothing else. (Tokens and cookies of ours name their organization themselves: `base::token`.)

use super::engine::args;
use super::{Store, StoreError};
use crate::base::ids::{ConnectionId, DirectoryId, OrgId, OrgNo, SourceNo};
use chrono::{DateTime, TimeDelta, Utc};

/// No organization: for questions that come before one is known.
const NOBODY: OrgNo = OrgNo(0);

/// How long a token of a directory that an admin made is listed after its end.
const ENDED_TOKENS: TimeDelta = TimeDelta::days(30);

impl Store {
    /// Whose directory this is, and its number there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn directory_entry(&self, id: DirectoryId) -> Result<Option<(OrgNo, SourceNo)>, StoreError> {
        self.source_entry("SELECT org, src FROM directory WHERE id = $1", id.0).await
    }

    /// Whose connection this is, and its number there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn connection_entry(&self, id: ConnectionId) -> Result<Option<(OrgNo, SourceNo)>, StoreError> {
        self.source_entry("SELECT org, src FROM connection WHERE id = $1", id.0).await
    }

    async fn source_entry(&self, sql: &'static str, id: [u8; 16]) -> Result<Option<(OrgNo, SourceNo)>, StoreError> {
        self.read(NOBODY, async move |tx| {
            let row = tx.conn.one(sql, args![id.to_vec()]).await?;
            row.map(|row| Ok((OrgNo(row.int(0)?), SourceNo(row.int(1)?)))).transpose()
        })
        .await
    }

    /// Which organization has proved this domain (lower case).
    ///
    /// # Errors
    /// When the database fails.
    pub async fn domain_entry(&self, domain: &str) -> Result<Option<OrgNo>, StoreError> {
        self.org_entry("SELECT org FROM domain WHERE name = $1 AND verified", domain.to_owned()).await
    }

    /// Which organization has this slug.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn slug_entry(&self, slug: &str) -> Result<Option<OrgNo>, StoreError> {
        self.org_entry("SELECT org FROM organization WHERE slug = $1", slug.to_owned()).await
    }

    async fn org_entry(&self, sql: &'static str, key: String) -> Result<Option<OrgNo>, StoreError> {
        self.read(NOBODY, async move |tx| {
            tx.conn.one(sql, args![key.as_str()]).await?.map(|row| Ok(OrgNo(row.int(0)?))).transpose()
        })
        .await
    }

    /// Which organizations have a person with this folded e-mail: a person of no proved domain may sign in to any of
    /// them. At most a few are given.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn email_entries(&self, key: &str) -> Result<Vec<OrgNo>, StoreError> {
        let key = key.to_owned();
        self.read(NOBODY, async move |tx| {
            let rows = tx
                .conn
                .all("SELECT DISTINCT org FROM person WHERE key = $1 ORDER BY org LIMIT 8", args![key.as_str()])
                .await?;
            rows.iter().map(|row| Ok(OrgNo(row.int(0)?))).collect()
        })
        .await
    }

    /// Every organization's number, slug and id, by slug: for the operator's lists and for jobs.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organizations(&self) -> Result<Vec<(OrgNo, String, OrgId)>, StoreError> {
        self.read(NOBODY, async |tx| {
            let rows = tx.conn.all("SELECT org, slug, id FROM organization ORDER BY slug", &[]).await?;
            rows.iter().map(|row| Ok((OrgNo(row.int(0)?), row.text(1)?, OrgId(row.key(2)?)))).collect()
        })
        .await
    }

    /// The organizations that have marks of large changes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn marked_organizations(&self) -> Result<Vec<OrgNo>, StoreError> {
        self.read(NOBODY, async |tx| {
            let rows = tx.conn.all("SELECT DISTINCT org FROM wide ORDER BY org", &[]).await?;
            rows.iter().map(|row| Ok(OrgNo(row.int(0)?))).collect()
        })
        .await
    }

    /// The organizations that have a free seat and somebody who waits for one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organizations_with_seats_to_hand_on(&self) -> Result<Vec<OrgNo>, StoreError> {
        self.read(NOBODY, async |tx| {
            let sql = "SELECT s.org FROM (SELECT DISTINCT org FROM seat_slot WHERE free > 0) s WHERE EXISTS \
                 (SELECT 1 FROM access a WHERE a.org = s.org AND a.waiting IS NOT NULL) ORDER BY s.org";
            tx.conn.all(sql, &[]).await?.iter().map(|row| Ok(OrgNo(row.int(0)?))).collect()
        })
        .await
    }

    /// The organizations that have memberships of groups that are gone.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn organizations_with_leftovers(&self) -> Result<Vec<OrgNo>, StoreError> {
        self.read(NOBODY, async |tx| {
            let rows = tx.conn.all("SELECT DISTINCT org FROM leftover", &[]).await?;
            rows.iter().map(|row| Ok(OrgNo(row.int(0)?))).collect()
        })
        .await
    }

    /// Takes away what has expired, in every organization; it is refused anyway.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_expired(&self, now: DateTime<Utc>, told_before: DateTime<Utc>) -> Result<(), StoreError> {
        self.write(NOBODY, async move |tx| {
            tx.conn.exec("DELETE FROM session WHERE until <= $1", args![now]).await?;
            tx.conn.exec("DELETE FROM flow WHERE until <= $1", args![now]).await?;
            tx.conn.exec("DELETE FROM replay WHERE until <= $1", args![now]).await?;
            tx.conn.exec("DELETE FROM mailed WHERE until <= $1", args![now]).await?;
            tx.conn.exec("DELETE FROM code WHERE until <= $1", args![now]).await?;
            tx.conn.exec("DELETE FROM token WHERE until <= $1", args![now]).await?;
            tx.conn.exec("DELETE FROM tombstone WHERE until <= $1", args![now]).await?;
            let old = args![told_before, super::outbox::SCIM];
            tx.conn.exec("DELETE FROM outbox WHERE due < $1 AND sender = $2", old).await?;
            tx.conn.exec("DELETE FROM directory_assertion WHERE until <= $1", args![now]).await?;
            tx.conn.exec("DELETE FROM directory_token WHERE until <= $1 AND client IS NOT NULL", args![now]).await?;
            // What an admin made is listed for a while after its end, so that they see why a directory fell silent.
            tx.conn.exec("DELETE FROM directory_token WHERE until <= $1", args![now - ENDED_TOKENS]).await?;
            tx.conn.exec("DELETE FROM directory_client_secret WHERE until <= $1", args![now]).await?;
            Ok(super::Done::of(()))
        })
        .await
    }

    /// Draws the number of a new organization. Numbers are never reused, also when what they were drawn for fails.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn draw_org(&self) -> Result<OrgNo, StoreError> {
        self.write(NOBODY, async |tx| Ok(super::Done::of(OrgNo(super::numbers::draw(tx, "organization").await?)))).await
    }
}
