//! Free seats, counted in slots, so that takers do not queue behind one counter row (law 9).

use super::engine::args;
use super::{StoreError, Tx, standing};

/// Slots that an organization's free seats are spread over.
const SLOTS: i64 = 8;

/// Takes up to `wanted` free seats; how many there were. Asked only where seats are counted ([`counted`]).
///
/// # Errors
/// When the database fails.
pub async fn take(tx: &mut Tx, wanted: i64) -> Result<i64, StoreError> {
    let org = tx.org;
    // First slots that nobody holds; only when all others are empty is it worth waiting for one that is held.
    let idle = "SELECT slot, free FROM seat_slot WHERE org = $1 AND free > 0 LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED";
    let held = "SELECT slot, free FROM seat_slot WHERE org = $1 AND free > 0 LIMIT 1 FOR NO KEY UPDATE";
    let mut taken = 0;
    for pick in [idle, held] {
        while taken < wanted {
            let Some(row) = tx.conn.one(pick, args![org]).await? else { break };
            let share = (wanted - taken).min(row.int(1)?);
            let sql = "UPDATE seat_slot SET free = free - $3 WHERE org = $1 AND slot = $2";
            tx.conn.exec(sql, args![org, row.int(0)?, share]).await?;
            taken += share;
        }
    }
    Ok(taken)
}

/// Gives seats back; to the slot that is deepest in debt, if a lowered limit has left one.
///
/// # Errors
/// When the database fails.
pub async fn give_back(tx: &mut Tx, seats: i64) -> Result<(), StoreError> {
    let org = tx.org;
    let sql = "UPDATE seat_slot SET free = free + 1 WHERE org = $1 AND slot = \
               (SELECT slot FROM seat_slot WHERE org = $1 ORDER BY free, slot LIMIT 1)";
    for _ in 0..seats {
        if tx.conn.exec(sql, args![org]).await? == 0 {
            // The slot went away while it was waited for: a changed limit has spread new ones, which are seen now.
            tx.conn.exec(sql, args![org]).await?;
        }
    }
    Ok(())
}

/// Spreads the free seats anew after the limit has changed. `None` is no limit.
///
/// # Errors
/// When the database fails.
pub async fn set_limit(tx: &mut Tx, seats: Option<i64>) -> Result<(), StoreError> {
    let org = tx.org;
    super::organizations::lock_guard(tx).await?;
    tx.conn.all("SELECT slot FROM seat_slot WHERE org = $1 ORDER BY slot FOR NO KEY UPDATE", args![org]).await?;
    standing::moved(tx).await?;
    let held = held(tx).await?;
    tx.conn.exec("DELETE FROM seat_slot WHERE org = $1", args![org]).await?;
    let Some(seats) = seats else { return Ok(()) };
    let free = seats - held;
    for slot in 0..SLOTS {
        let share =
            if free < 0 { if slot == 0 { free } else { 0 } } else { free / SLOTS + i64::from(slot < free % SLOTS) };
        tx.conn.exec("INSERT INTO seat_slot (org, slot, free) VALUES ($1, $2, $3)", args![org, slot, share]).await?;
    }
    Ok(())
}

/// Whether there is a limit of seats.
///
/// # Errors
/// When the database fails.
pub async fn counted(tx: &mut Tx) -> Result<bool, StoreError> {
    let org = tx.org;
    Ok(tx.conn.one("SELECT slot FROM seat_slot WHERE org = $1 LIMIT 1", args![org]).await?.is_some())
}

/// How many seats are free. Asked where somebody waits beside one, not on a hot path.
///
/// # Errors
/// When the database fails.
pub async fn free(tx: &mut Tx) -> Result<i64, StoreError> {
    let org = tx.org;
    let sql = "SELECT CAST(COALESCE(sum(free), 0) AS BIGINT) FROM seat_slot WHERE org = $1";
    let row = tx.conn.one(sql, args![org]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}

/// How many seats are held. Counts: for pages and the operator, not for a hot path.
///
/// # Errors
/// When the database fails.
pub async fn held(tx: &mut Tx) -> Result<i64, StoreError> {
    let org = tx.org;
    let row = tx.conn.one("SELECT count(*) FROM access WHERE org = $1 AND seat = 1", args![org]).await?;
    row.map_or(Ok(0), |row| row.int(0))
}
