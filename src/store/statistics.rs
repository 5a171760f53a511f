//! What the planner knows of the sizes of tables. PostgreSQL learns it a minute late; an initial sync has been walking
//! through whole tables by then.

use super::engine::dialect::Dialect;
use super::{Store, StoreError};
use crate::base::ids::OrgNo;

/// Tables that have grown to another size since the planner last looked.
const GROWN: &str = "SELECT CAST(relname AS TEXT) FROM pg_stat_user_tables \
     WHERE schemaname = current_schema() AND n_mod_since_analyze > 200 AND n_mod_since_analyze * 2 > n_live_tup";

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
