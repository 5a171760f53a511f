//! `doorward token`.

use super::opened;
use crate::base::token::reveal;
use crate::service::console::{organizations, tokens};
use clap::Subcommand;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Makes a token of the management API and shows it, once.
    Create {
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// What it is for.
        #[arg(long, default_value = "command line")]
        label: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the tokens.
    List {
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Takes a token away.
    Revoke {
        /// The token's id (tok-…).
        id: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
    },
}

impl Token {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        let gw = opened::gateway(config).await?;
        match self {
            Self::Create { org, label, json } => {
                let org = organizations::of_slug(&gw, &org).await?;
                let (id, token) = tokens::create(&gw, org, &label).await?;
                if json {
                    println!("{}", serde_json::json!({"id": id, "token": reveal(&token)}));
                } else {
                    println!("id: {id}\ntoken: {}", reveal(&token));
                }
            }
            Self::List { org, json } => {
                let org = organizations::of_slug(&gw, &org).await?;
                if json {
                    let list = tokens::list(&gw, org).await?;
                    let list: Vec<_> = list
                        .iter()
                        .map(|row| serde_json::json!({"id": row.id, "label": row.label, "created": row.created}))
                        .collect();
                    return opened::show_json(&serde_json::json!(list));
                }
                for row in tokens::list(&gw, org).await? {
                    println!("{}  {}  made {}", row.id, row.label, row.created);
                }
            }
            Self::Revoke { id, org } => {
                let org = organizations::of_slug(&gw, &org).await?;
                tokens::revoke(&gw, org, id.parse()?).await?;
            }
        }
        Ok(())
    }
}
