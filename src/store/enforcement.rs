//! What enforcing sign-in through the company asks and does across tables.

use super::engine::args;
use super::{StoreError, Tx};

/// Sessions that a password began, of people of proved domains.
const OF_PASSWORD: &str = "org = $1 AND con IS NULL AND person IN (\
     SELECT p.id FROM person p JOIN domain d ON d.org = p.org AND d.verified \
     AND p.key LIKE '%@' || d.name WHERE p.org = $1)";

/// Ends the sessions that were begun with a password by people of proved domains; how many.
///
/// # Errors
/// When the database fails.
pub async fn end_password_sessions(tx: &mut Tx) -> Result<u64, StoreError> {
    let org = tx.org;
    // The codes and tokens that hang on them go with them, first, while it can still be asked which they are.
    for table in ["token", "code"] {
        let sql =
            format!("DELETE FROM {table} WHERE org = $1 AND session IN (SELECT id FROM session WHERE {OF_PASSWORD})");
        tx.conn.exec(sql, args![org]).await?;
    }
    tx.conn.exec(format!("DELETE FROM session WHERE {OF_PASSWORD}"), args![org]).await
}

/// Whether anybody has ever been linked to a subject of a connection: the settings have been seen to work.
///
/// # Errors
/// When the database fails.
pub async fn somebody_is_linked(tx: &mut Tx) -> Result<bool, StoreError> {
    let org = tx.org;
    Ok(tx.conn.one("SELECT con FROM link WHERE org = $1 LIMIT 1", args![org]).await?.is_some())
}
