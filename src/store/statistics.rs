//! What the planner knows of the sizes of tables. PostgreSQL learns it a minute late; an initial sync has been walking
//! through whole tables by then.

use super::engine::dialect::Dialect;
use super::{Store, StoreError};
use crate::base::ids::OrgNo;

/// Tables that have grown to another size since the planner last looked, by what they take on disk: the server's own
/// counters come seconds late.
const GROWN: &str = "SELECT CAST(c.relname AS TEXT) FROM pg_class c \
     WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND c.relkind = 'r' \
     AND pg_relation_size(c.oid) > 8192 * (2 * greatest(c.relpages, 0) + 3)";

impl Store {
    /// Tells the planner of tables that have grown a lot; how many these were. SQLite needs none of it: statements are
    /// written so that it goes the right way without.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh_statistics(&self) -> Result<usize, StoreError> {
        self.read(OrgNo(0), async |tx| {
            if tx.conn.dialect() == Dialect::Lite {
                return Ok(0);
            }
            let rows = tx.conn.all(GROWN, &[]).await?;
            for row in &rows {
                // A name of ours: it comes from our own schema and goes in quotes.
                tx.conn.script(&format!("ANALYZE \"{}\"", row.text(0)?)).await?;
            }
            Ok(rows.len())
        })
        .await
    }
}
