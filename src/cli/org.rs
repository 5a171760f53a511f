//! `doorward org`.

use super::opened;
use crate::domain::enforcement::Enforcement;
use crate::service::console::{organizations, schemas};
use clap::Subcommand;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Org {
    /// Lists the organizations.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows one organization.
    Show {
        /// Its slug.
        slug: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists an organization's own extension schemas, as RFC 7643 §7 writes them.
    Schemas {
        /// The organization's slug.
        slug: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Sets how far sign-in through the company is required: off, testing, optional or enforced.
    Enforce {
        /// The organization's slug.
        slug: String,
        /// off, testing, optional or enforced.
        state: Enforcement,
    },
}

impl Org {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        let gateway = opened::gateway(config).await?;
        match self {
            Self::List { json } => {
                let list = gateway.organizations().await?;
                if json {
                    let list: Vec<_> =
                        list.iter().map(|(slug, id)| serde_json::json!({"slug": slug, "id": id})).collect();
                    println!("{}", serde_json::to_string_pretty(&list)?);
                } else {
                    list.iter().for_each(|(slug, id)| println!("{slug}  {id}"));
                }
            }
            Self::Show { slug, json } => {
                let (row, domains, held) = organizations::show(&gateway, &slug).await?;
                let shown = serde_json::json!({
                    "slug": row.slug, "id": row.id, "name": row.name, "panel": row.panel, "seats": row.seats,
                    "seats_held": held, "enforcement": row.enforcement,
                    "domains": domains.iter().map(|(name, verified)| serde_json::json!({"name": name, "verified": verified})).collect::<Vec<_>>(),
                });
                if json {
                    println!("{}", serde_json::to_string_pretty(&shown)?);
                } else {
                    shown.as_object().into_iter().flatten().for_each(|(key, value)| println!("{key}: {value}"));
                }
            }
            Self::Schemas { slug, json } => {
                let list = schemas::list(&gateway, &slug).await?;
                if json {
                    println!("{}", serde_json::to_string_pretty(&list)?);
                } else {
                    let text =
                        |schema: &serde_json::Value, key: &str| schema[key].as_str().unwrap_or_default().to_owned();
                    list.iter().for_each(|one| {
                        println!("{}  {}  {}", text(one, "id"), text(one, "resource"), text(one, "name"))
                    });
                }
            }
            Self::Enforce { slug, state } => {
                for hindrance in organizations::enforce(&gateway, &slug, state).await? {
                    eprintln!("warning: {hindrance}");
                }
                println!("enforcement of {slug} is {state}");
            }
        }
        Ok(())
    }
}
