//! `doorward panel`.

use super::opened;
use crate::domain::panel::PanelDefinition;
use crate::service::panels;
use anyhow::Context as _;
use clap::Subcommand;
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub(super) enum Panel {
    /// Checks a definition; needs no database.
    Check {
        /// The file; its name without the ending is the panel's key.
        file: PathBuf,
    },
    /// Shows a kept definition.
    Show {
        /// The panel's key.
        key: String,
    },
    /// Adopts a definition: everybody of its organizations is derived afresh.
    Apply {
        /// The file; its name without the ending is the panel's key.
        file: PathBuf,
    },
}

fn read(file: &Path) -> anyhow::Result<(String, String)> {
    let key = file.file_stem().and_then(|stem| stem.to_str()).context("the file needs a name")?.to_owned();
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    let definition = PanelDefinition::parse(&key, &file.display().to_string(), &text)?;
    println!("{key}: {} roles, {} features", definition.roles.len(), definition.features.len());
    Ok((key, text))
}

impl Panel {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        match self {
            Self::Check { file } => {
                read(&file)?;
            }
            Self::Show { key } => {
                let gw = opened::gateway(config).await?;
                println!("{}", panels::show(&gw, &key).await?);
            }
            Self::Apply { file } => {
                let (key, text) = read(&file)?;
                let gw = opened::gateway(config).await?;
                panels::adopt(&gw, &key, &text).await?;
                println!("adopted {key}");
            }
        }
        Ok(())
    }
}
