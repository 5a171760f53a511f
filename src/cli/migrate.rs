//! `doorward migrate`.

use super::opened;
use crate::app;
use crate::base::sources::Sources;
use std::path::Path;

/// Brings the database up to date and says what ran.
pub(super) async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let config = opened::config(file)?;
    let applied = app::migrate(&config, &Sources::system()).await?;
    for name in &applied {
        println!("applied {name}");
    }
    println!("the database is up to date");
    Ok(())
}
