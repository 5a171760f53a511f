//! `doorward app`.

use super::opened;
use crate::base::token::reveal;
use crate::service::console::apps::{self, AppSettings, AppWish};
use clap::Subcommand;
use serde_json::json;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum App {
    /// Lists the panel apps.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a panel app, or changes where it is answered; a new one's secret is shown once.
    Put {
        /// What it is called.
        key: String,
        /// Where it may be answered, exactly; may be given several times.
        #[arg(long = "redirect-uri", required = true)]
        redirect_uris: Vec<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

impl App {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        let gw = opened::gateway(config).await?;
        match self {
            Self::List { json: true } => {
                let list = apps::list(&gw).await?;
                let list: Vec<_> = list
                    .iter()
                    .map(|(id, key, uris)| json!({"key": key, "client_id": id, "redirect_uris": uris}))
                    .collect();
                opened::show_json(&json!(list))?;
            }
            Self::List { json: false } => {
                for (id, key, redirect_uris) in apps::list(&gw).await? {
                    println!("{key}  {id}  {}", redirect_uris.join(" "));
                }
            }
            Self::Put { key, redirect_uris, json } => {
                let wish = AppWish { key, redirect_uris, settings: AppSettings::default() };
                wish.check()?;
                let made = apps::put(&gw, &wish, false).await?;
                if json {
                    let mut shown = json!({"client_id": made.id});
                    if let Some(secret) = &made.secret {
                        shown["client_secret"] = reveal(secret).into();
                    }
                    return opened::show_json(&shown);
                }
                println!("client_id: {}", made.id);
                if let Some(secret) = &made.secret {
                    println!("client_secret: {}", reveal(secret));
                }
            }
        }
        Ok(())
    }
}
