//! `doorward connection`.

use super::opened;
use crate::service::console::connections;
use clap::Subcommand;
use serde_json::json;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Connection {
    /// Lists the connections of an organization, with the addresses that the IdP needs.
    List {
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

impl Connection {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        let gw = opened::gateway(config).await?;
        let Self::List { org, json } = self;
        let mut shown = Vec::new();
        for row in connections::list(&gw, &org).await? {
            let addresses = if row.kind == "saml" {
                vec![
                    ("metadata_url", gw.urls.saml_metadata(row.id)),
                    ("acs_url", gw.urls.saml_acs(row.id)),
                    ("login_url", gw.urls.saml_login(row.id)),
                ]
            } else {
                vec![("redirect_uri", gw.urls.oidc_callback(row.id)), ("login_url", gw.urls.oidc_login(row.id))]
            };
            if json {
                let mut one = json!({"key": row.key, "id": row.id, "kind": row.kind, "enabled": row.enabled});
                addresses.into_iter().for_each(|(name, address)| one[name] = address.into());
                shown.push(one);
                continue;
            }
            let state = if row.enabled { "enabled" } else { "disabled" };
            println!("{}  {}  {}  {state}", row.key, row.id, row.kind);
            addresses.iter().for_each(|(_, address)| println!("  {address}"));
        }
        if json { opened::show_json(&json!(shown)) } else { Ok(()) }
    }
}
