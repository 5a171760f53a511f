//! `doorward directory`.

use super::directory_client::Client;
use super::{log, opened};
use crate::base::token::reveal;
use crate::domain::directory::{DirectorySettings, RoleLists, Told};
use crate::service::Gateway;
use crate::service::console::directories::{self, DirectoryWish};
use crate::service::console::directory_tokens::{self, Asked, Rotation, TokenMade, TokenState, TokenWish};
use crate::service::console::events::{self, EventQuery};
use crate::service::console::scim_log;
use crate::service::provisioning::Profile;
use clap::Subcommand;
use serde_json::json;
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum Directory {
    /// Lists the directories of an organization.
    List {
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a directory and shows its token, once.
    Add {
        /// What it is called.
        key: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// Which dialect it tolerates.
        #[arg(long, default_value = "auto")]
        profile: Profile,
        /// What it tells of each change (RFC 9967): off, notice or full.
        #[arg(long, default_value = "off")]
        events: Told,
        /// Whether it lists roles and entitlements, and in whose words: off, draft or okta.
        #[arg(long, default_value = "off")]
        roles: RoleLists,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Changes what is set of a directory; what is not named stays.
    Set {
        /// The directory.
        key: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// Which dialect it tolerates.
        #[arg(long)]
        profile: Option<Profile>,
        /// What it tells of each change (RFC 9967): off, notice or full.
        #[arg(long)]
        events: Option<Told>,
        /// Whether it lists roles and entitlements, and in whose words: off, draft or okta.
        #[arg(long)]
        roles: Option<RoleLists>,
    },
    /// Shows what a directory has told of its changes, as JSON, oldest first.
    Events {
        /// The directory.
        key: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// Events after this one (`next` of the page before).
        #[arg(long)]
        after: Option<String>,
        /// How many at most.
        #[arg(long)]
        limit: Option<u32>,
    },
    /// Makes one more token and shows it, once.
    Token {
        /// The directory.
        key: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// What the token is for.
        #[arg(long, default_value = "command line")]
        label: String,
        /// In how many days it ends; never, if nothing is said.
        #[arg(long)]
        expires_days: Option<u32>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the tokens of a directory.
    Tokens {
        /// The directory.
        key: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Makes a token in the place of another and shows it, once; the old one works on for a while.
    Rotate {
        /// The directory.
        key: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// The id of the token to replace (tok-…).
        #[arg(long)]
        token: String,
        /// How many hours the old one works on; 0 ends it at once.
        #[arg(long, default_value_t = 24)]
        overlap_hours: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// OAuth clients of a directory.
    #[command(subcommand)]
    Client(Client),
    /// Takes a token away.
    Revoke {
        /// The directory.
        key: String,
        /// The token's id (tok-…).
        id: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
    },
    /// Lets a directory answer again.
    Enable {
        /// The directory.
        key: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
    },
    /// Shows what a directory's IdP called, and what came of it; personal values are masked.
    Log(log::Log),
    /// Shows how often each rewrite of a dialect was needed.
    Quirks {
        /// The directory.
        key: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
    },
    /// Makes a logged call once more as a dry run, and shows both answers; nothing is kept, personal values are masked.
    Replay(log::Replay),
    /// Makes a directory answer 403.
    Disable {
        /// The directory.
        key: String,
        /// The organization's slug.
        #[arg(long)]
        org: String,
    },
}

impl Directory {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        let gw = opened::gateway(config).await?;
        match self {
            Self::List { org, json } => list(&gw, &org, json).await?,
            Self::Add { key, org, profile, events, roles, json } => {
                let settings = DirectorySettings { events, roles };
                show(&directories::add(&gw, &org, &key, profile, settings).await?, json)?;
            }
            Self::Set { key, org, profile, events, roles } => {
                directories::set(&gw, &org, &key, DirectoryWish { profile, events, roles }).await?;
            }
            Self::Events { key, org, after, limit } => {
                let of = scim_log::of_operator(&gw, &org, &key).await?;
                let query = EventQuery { after, limit: limit.map(|n| n.to_string()) };
                opened::show_json(&serde_json::to_value(events::page(&gw, &of, &query).await?)?)?;
            }
            Self::Token { key, org, label, expires_days, json } => {
                let wish = TokenWish { label: Some(label), expires_days };
                let asked = Asked::by_operator(&gw, &org, &key).await?;
                show(&directory_tokens::add(&gw, &asked, &wish).await?, json)?;
            }
            Self::Rotate { key, org, token, overlap_hours, json } => {
                let rotation = Rotation { overlap_hours: Some(overlap_hours) };
                let asked = Asked::by_operator(&gw, &org, &key).await?;
                show(&directory_tokens::rotate(&gw, &asked, token.parse()?, rotation).await?, json)?;
            }
            Self::Client(client) => client.run(&gw).await?,
            Self::Tokens { key, org, json } => tokens(&gw, &org, &key, json).await?,
            Self::Revoke { key, id, org } => {
                directory_tokens::revoke(&gw, &Asked::by_operator(&gw, &org, &key).await?, id.parse()?).await?;
            }
            Self::Log(log) => log.run(&gw).await?,
            Self::Replay(replay) => replay.run(&gw).await?,
            Self::Quirks { key, org } => log::quirks(&gw, &org, &key).await?,
            Self::Enable { key, org } => directories::enable(&gw, &org, &key, true).await?,
            Self::Disable { key, org } => directories::enable(&gw, &org, &key, false).await?,
        }
        Ok(())
    }
}

async fn list(gw: &Gateway, org: &str, json: bool) -> anyhow::Result<()> {
    let list = directories::list(gw, org).await?;
    if json {
        let shown = list.iter().map(|row| {
            json!({
                "key": row.key, "id": row.id, "profile": row.profile, "enabled": row.enabled,
                "events": row.settings.events, "roles": row.settings.roles,
                "scim_base_url": gw.urls.scim(row.id),
            })
        });
        return opened::show_json(&shown.collect());
    }
    for row in list {
        let state = if row.enabled { "enabled" } else { "disabled" };
        println!("{}  {}  {}  {state}", row.key, row.id, row.profile);
    }
    Ok(())
}

async fn tokens(gw: &Gateway, org: &str, key: &str, json: bool) -> anyhow::Result<()> {
    let list = directory_tokens::list(gw, &Asked::by_operator(gw, org, key).await?).await?;
    if json {
        return opened::show_json(&serde_json::to_value(list)?);
    }
    for token in list {
        let used = token.used.map_or_else(|| "never used".to_owned(), |at| format!("used {at}"));
        let ends = match (token.until, token.state) {
            (None, _) => "never ends".to_owned(),
            (Some(until), TokenState::Live) => format!("ends {until}"),
            (Some(until), TokenState::EndsSoon) => format!("ENDS SOON: {until}"),
            (Some(until), TokenState::Ended) => format!("ENDED {until}"),
        };
        println!("{}  {}  made {}  {used}  {ends}", token.id, token.label, token.created);
    }
    Ok(())
}

fn show(made: &TokenMade, json: bool) -> anyhow::Result<()> {
    if json {
        return opened::show_json(&serde_json::to_value(made)?);
    }
    println!("scim_base_url: {}", made.scim_base_url);
    println!("token_id: {}", made.token_id);
    println!("token: {}", reveal(&made.token));
    if let Some(until) = made.until {
        println!("until: {until}");
    }
    Ok(())
}
