//! `doorward app`.

use super::opened;
use crate::base::token::reveal;
use crate::service::console::apps::{self, AppSettings, AppWish};
use clap::Subcommand;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum App {
    /// Lists the panel apps.
    List,
    /// Makes a panel app, or changes where it is answered; a new one's secret is shown once.
    Put {
        /// What it is called.
        key: String,
        /// Where it may be answered, exactly; may be given several times.
        #[arg(long = "redirect-uri", required = true)]
        redirect_uris: Vec<String>,
    },
}

impl App {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        let gw = opened::gateway(config).await?;
        match self {
            Self::List => {
                for (id, key, redirect_uris) in apps::list(&gw).await? {
                    println!("{key}  {id}  {}", redirect_uris.join(" "));
                }
            }
            Self::Put { key, redirect_uris } => {
                let wish = AppWish { key, redirect_uris, settings: AppSettings::default() };
                wish.check()?;
                let made = apps::put(&gw, &wish, false).await?;
                println!("client_id: {}", made.id);
                if let Some(secret) = &made.secret {
                    println!("client_secret: {}", reveal(secret));
                }
            }
        }
        Ok(())
    }
}
