//! Sealed secrets of the installation itself.

use super::engine::args;
use super::{Done, Store, StoreError};
use crate::base::ids::OrgNo;

impl Store {
    /// The sealed secret of this name; `new` is kept where none is there yet. Instances that start at once agree.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn secret_or(&self, name: &'static str, new: Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let name = name.to_owned();
        self.write(OrgNo(0), async move |tx| {
            tx.conn
                .exec(
                    "INSERT INTO secret (name, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    args![name.as_str(), new.clone()],
                )
                .await?;
            let row = tx.conn.one("SELECT sealed FROM secret WHERE name = $1", args![name.as_str()]).await?;
            Ok(Done::of(row.ok_or(StoreError::Malformed("secret"))?.blob(0)?))
        })
        .await
    }
}
