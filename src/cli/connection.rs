//! `doorward connection`.

use super::opened;
use crate::service::console::connections;
use clap::Subcommand;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Connection {
    /// Lists the connections of an organization, with the addresses that the IdP needs.
    List {
        /// The organization's slug.
        #[arg(long)]
        org: String,
    },
}

impl Connection {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        let gw = opened::gateway(config).await?;
        let Self::List { org } = self;
        for row in connections::list(&gw, &org).await? {
            let state = if row.enabled { "enabled" } else { "disabled" };
            println!("{}  {}  {}  {state}", row.key, row.id, row.kind);
            let addresses = if row.kind == "saml" {
                vec![gw.urls.saml_metadata(row.id), gw.urls.saml_acs(row.id), gw.urls.saml_login(row.id)]
            } else {
                vec![gw.urls.oidc_callback(row.id), gw.urls.oidc_login(row.id)]
            };
            addresses.iter().for_each(|address| println!("  {address}"));
        }
        Ok(())
    }
}
