//! Sign-ins in flight, bound to one browser, and the assertions that were used.

use super::engine::{Row, args};
use super::{StoreError, Tx};
use crate::base::ids::SourceNo;
use crate::base::token::TokenHash;
use chrono::{DateTime, Utc};

/// One attempt to sign in.
#[derive(Debug, Clone)]
pub struct FlowRow {
    /// The connection that it goes through.
    pub con: SourceNo,
    /// The hash of the browser's cookie.
    pub browser: TokenHash,
    /// The id of the SAML request.
    pub request: Option<String>,
    /// The OpenID nonce.
    pub nonce: Option<String>,
    /// The PKCE verifier, sealed.
    pub verifier: Option<Vec<u8>>,
    /// Where the browser wanted to go.
    pub return_to: Option<String>,
}

const COLUMNS: &str = "con, browser, request, nonce, verifier, return_to";

fn read(row: &Row) -> Result<FlowRow, StoreError> {
    Ok(FlowRow {
        con: SourceNo(row.int(0)?),
        browser: TokenHash(row.key(1)?),
        request: row.opt_text(2)?,
        nonce: row.opt_text(3)?,
        verifier: row.opt_blob(4)?,
        return_to: row.opt_text(5)?,
    })
}

/// Keeps an attempt under the hash of its handle.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    tx: &mut Tx,
    hash: TokenHash,
    flow: &FlowRow,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn
        .exec(
            "INSERT INTO flow (org, hash, con, browser, request, nonce, verifier, return_to, created, until) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            args![
                org,
                hash,
                flow.con,
                flow.browser,
                flow.request.clone(),
                flow.nonce.clone(),
                flow.verifier.clone(),
                flow.return_to.clone(),
                now,
                until
            ],
        )
        .await?;
    Ok(())
}

/// Looks at an attempt of this connection and browser without using it up.
///
/// # Errors
/// When the database fails.
pub async fn peek(
    tx: &mut Tx,
    con: SourceNo,
    hash: TokenHash,
    browser: TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<FlowRow>, StoreError> {
    let sql =
        format!("SELECT {COLUMNS} FROM flow WHERE org = $1 AND hash = $2 AND con = $3 AND browser = $4 AND until > $5");
    let org = tx.org;
    tx.conn.one(sql, args![org, hash, con, browser, now]).await?.as_ref().map(read).transpose()
}

/// Uses an attempt of this connection and browser up: of two who come at once one gets it.
///
/// # Errors
/// When the database fails.
pub async fn take(
    tx: &mut Tx,
    con: SourceNo,
    hash: TokenHash,
    browser: TokenHash,
    now: DateTime<Utc>,
) -> Result<Option<FlowRow>, StoreError> {
    let sql = format!(
        "DELETE FROM flow WHERE org = $1 AND hash = $2 AND con = $3 AND browser = $4 AND until > $5 RETURNING {COLUMNS}"
    );
    let org = tx.org;
    tx.conn.one(sql, args![org, hash, con, browser, now]).await?.as_ref().map(read).transpose()
}

/// Notes that an assertion was used; whether this was the first time.
///
/// # Errors
/// When the database fails.
pub async fn use_assertion(
    tx: &mut Tx,
    con: SourceNo,
    assertion: &str,
    until: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let org = tx.org;
    let added = tx
        .conn
        .exec(
            "INSERT INTO replay (org, con, assertion, until) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            args![org, con, assertion, until],
        )
        .await?;
    Ok(added == 1)
}

/// Takes away what has ended, of this organization.
///
/// # Errors
/// When the database fails.
pub async fn purge(tx: &mut Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
    let org = tx.org;
    tx.conn.exec("DELETE FROM flow WHERE org = $1 AND until <= $2", args![org, now]).await?;
    tx.conn.exec("DELETE FROM replay WHERE org = $1 AND until <= $2", args![org, now]).await?;
    Ok(())
}
