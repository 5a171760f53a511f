//! `doorward user`.

use super::opened;
use crate::service::console::{organizations, users, why};
use clap::Subcommand;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Lists the people of an organization.
    List {
        /// The organization's slug.
        #[arg(long)]
        org: String,
    },
    /// Says why a person may do what they may do.
    Why {
        /// The e-mail.
        email: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

impl User {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        let gw = opened::gateway(config).await?;
        match self {
            Self::List { org } => {
                let number = organizations::of_slug(&gw, &org).await?;
                let mut after = None;
                loop {
                    let page = users::list(&gw, number, &org, after, 500).await?;
                    let Some(last) = page.last() else { break };
                    after = Some(last.id);
                    for user in page {
                        println!("{}", serde_json::to_string(&user)?);
                    }
                }
            }
            Self::Why { email, org, json } => {
                for card in why::cards(&gw, &org, &email).await? {
                    if json {
                        println!("{}", serde_json::to_string_pretty(&card)?);
                    } else {
                        println!("{card}");
                    }
                }
            }
        }
        Ok(())
    }
}
