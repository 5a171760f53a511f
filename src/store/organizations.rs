//! Organizations with their domains, clients and rules.

use super::engine::{Row, args};
use super::{StoreError, Tx, standing};
use crate::base::ids::{OrgId, RuleId, SourceNo};
use chrono::{DateTime, Utc};

/// The unique key over slugs.
pub const SLUG_KEY: &str = "organization_slug";
/// The unique key over verified domains.
pub const VERIFIED_DOMAIN_KEY: &str = "domain_verified";

/// An organization as it is kept.
#[derive(Debug, Clone)]
pub struct OrganizationRow {
    /// Its public id.
    pub id: OrgId,
    /// Its short name in addresses and headers.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Which panel definition it follows.
    pub panel: String,
    /// How many seats it has; `None` is no limit.
    pub seats: Option<i64>,
    /// Enforcement, as `domain::enforcement` writes it.
    pub enforcement: String,
    /// Policies, a JSON object.
    pub settings: String,
    /// The version of its panel definition in this database, where it was adopted.
    pub panel_version: Option<i64>,
}

/// A domain of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainRow {
    /// Lower case.
    pub name: String,
    /// Whether the organization has proved it.
    pub verified: bool,
}

/// A client of an organization (or site, or region: the panel definition names the kind).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientRow {
    /// What rules and claims call it.
    pub key: String,
    /// Its name.
    pub name: String,
    /// Its departments, a JSON list of names.
    pub departments: String,
}

/// This unit's organization.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx) -> Result<Option<OrganizationRow>, StoreError> {
    let org = tx.org;
    let row = tx
        .conn
        .one(
            "SELECT o.id, o.slug, o.name, o.panel, o.seats, o.enforcement, o.settings, p.version \
             FROM organization o LEFT JOIN panel p ON p.key = o.panel WHERE o.org = $1",
            args![org],
        )
        .await?;
    row.map(|row| {
        Ok(OrganizationRow {
            id: OrgId(row.key(0)?),
            slug: row.text(1)?,
            name: row.text(2)?,
            panel: row.text(3)?,
            seats: row.opt_int(4)?,
            enforcement: row.text(5)?,
            settings: row.text(6)?,
            panel_version: row.opt_int(7)?,
        })
    })
    .transpose()
}

/// Adds this unit's organization, with its guard.
///
/// # Errors
/// [`StoreError::Taken`] with [`SLUG_KEY`].
pub async fn insert(tx: &mut Tx, new: &OrganizationRow, now: DateTime<Utc>) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO organization (org, id, slug, name, panel, seats, enforcement, settings, created) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            args![org, new.id, &new.slug, &new.name, &new.panel, new.seats, &new.enforcement, &new.settings, now],
        )
        .await?;
    tx.conn.exec("INSERT INTO guard (org, ruleset) VALUES ($1, 0)", args![org]).await?;
    Ok(())
}

/// Writes what may change of this unit's organization.
///
/// # Errors
/// When the database fails.
pub async fn update(tx: &mut Tx, new: &OrganizationRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "UPDATE organization SET name = $2, panel = $3, seats = $4, enforcement = $5, settings = $6 WHERE org = $1",
            args![org, &new.name, &new.panel, new.seats, &new.enforcement, &new.settings],
        )
        .await?;
    standing::moved(tx).await
}

/// The domains, by name.
///
/// # Errors
/// When the database fails.
pub async fn domains(tx: &mut Tx) -> Result<Vec<DomainRow>, StoreError> {
    let org = tx.org;
    let rows = tx.conn.all("SELECT name, verified FROM domain WHERE org = $1 ORDER BY name", args![org]).await?;
    rows.iter().map(|row| Ok(DomainRow { name: row.text(0)?, verified: row.bool(1)? })).collect()
}

/// Adds a domain or changes whether it is proved.
///
/// # Errors
/// [`StoreError::Taken`] with [`VERIFIED_DOMAIN_KEY`] when another organization has proved it.
pub async fn put_domain(tx: &mut Tx, domain: &DomainRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO domain (org, name, verified) VALUES ($1, $2, $3) \
             ON CONFLICT (org, name) DO UPDATE SET verified = excluded.verified",
            args![org, &domain.name, domain.verified],
        )
        .await?;
    standing::moved(tx).await
}

/// The clients, by key.
///
/// # Errors
/// When the database fails.
pub async fn clients(tx: &mut Tx) -> Result<Vec<ClientRow>, StoreError> {
    let org = tx.org;
    let rows = tx.conn.all("SELECT key, name, departments FROM client WHERE org = $1 ORDER BY key", args![org]).await?;
    rows.iter().map(|row| Ok(ClientRow { key: row.text(0)?, name: row.text(1)?, departments: row.text(2)? })).collect()
}

/// Adds or updates a client.
///
/// # Errors
/// When the database fails.
pub async fn put_client(tx: &mut Tx, client: &ClientRow) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO client (org, key, name, departments) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (org, key) DO UPDATE SET name = excluded.name, departments = excluded.departments",
            args![org, &client.key, &client.name, &client.departments],
        )
        .await?;
    standing::moved(tx).await
}

/// The rules in force, in their order: id and body (JSON).
///
/// # Errors
/// When the database fails.
pub async fn rules(tx: &mut Tx) -> Result<Vec<(RuleId, String)>, StoreError> {
    let org = tx.org;
    let rows = tx
        .conn
        .all(
            "SELECT r.id, r.body FROM rule r JOIN guard g ON g.org = r.org AND g.ruleset = r.ruleset \
             WHERE r.org = $1 ORDER BY r.seq",
            args![org],
        )
        .await?;
    rows.iter().map(|row: &Row| Ok((RuleId(row.key(0)?), row.text(1)?))).collect()
}

/// Puts a new list of rules in force; the number of the new set. Locks the organization's guard.
///
/// # Errors
/// When the database fails.
pub async fn replace_rules(tx: &mut Tx, rules: &[(RuleId, String)]) -> Result<i64, StoreError> {
    let org = tx.org;
    let row = tx
        .conn
        .one("UPDATE guard SET ruleset = ruleset + 1, facts = facts + 1 WHERE org = $1 RETURNING ruleset", args![org])
        .await?
        .ok_or(StoreError::Malformed("guard"))?;
    let ruleset = row.int(0)?;
    for (seq, (id, body)) in (1_i64..).zip(rules) {
        tx.conn
            .exec(
                "INSERT INTO rule (org, ruleset, seq, id, body) VALUES ($1, $2, $3, $4, $5)",
                args![org, ruleset, seq, *id, body],
            )
            .await?;
    }
    Ok(ruleset)
}

/// Holds the organization's guard until the unit ends: who changes rules or takes an admin waits for the other.
///
/// # Errors
/// When the database fails.
pub async fn lock_guard(tx: &mut Tx) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.one("SELECT ruleset FROM guard WHERE org = $1 FOR NO KEY UPDATE", args![org]).await?;
    Ok(())
}

/// Whether a source is an enabled directory of this organization: then login claims never change groups (law 11).
///
/// # Errors
/// When the database fails.
pub async fn has_active_directory(tx: &mut Tx) -> Result<bool, StoreError> {
    let org = tx.org;
    Ok(tx.conn.one("SELECT src FROM directory WHERE org = $1 AND enabled LIMIT 1", args![org]).await?.is_some())
}

/// The key of every directory and connection, by number: what a rule's `from` names.
///
/// # Errors
/// When the database fails.
pub async fn source_keys(tx: &mut Tx) -> Result<Vec<(SourceNo, String)>, StoreError> {
    let org = tx.org;
    let rows = tx
        .conn
        .all(
            "SELECT src, key FROM directory WHERE org = $1 UNION ALL SELECT src, key FROM connection WHERE org = $1",
            args![org],
        )
        .await?;
    rows.iter().map(|row| Ok((SourceNo(row.int(0)?), row.text(1)?))).collect()
}
