//! `doorward user`.

use super::opened;
use crate::base::token::reveal;
use crate::domain::audit::Actor;
use crate::service::Gateway;
use crate::service::console::users::UserPatch;
use crate::service::console::{aside, find, organizations, users, why};
use crate::service::login::mailed::{self, LinkKind};
use clap::{Args, Subcommand};
use std::path::Path;

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Lists the people of an organization.
    List {
        /// The organization's slug.
        #[arg(long)]
        org: String,
        /// As one JSON list; without it, a JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Makes an invitation: a link, shown once, with which a person without a password chooses one.
    Invite(Named),
    /// Makes a reset link, shown once.
    Reset(Named),
    /// Locks a person here: every session and token ends at once.
    Lock(Named),
    /// Takes the lock away; sessions do not come back.
    Unlock(Named),
    /// Lists the people whose links and grants wait, since their directory may have put another human behind them.
    Aside {
        /// The organization's slug.
        #[arg(long)]
        org: String,
    },
    /// Gives a person their links and grants back: it is still the same human.
    GiveBack(Named),
    /// Throws away what waits of a person: it is another human.
    Discard(Named),
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

/// One person of an organization.
#[derive(Debug, Args)]
pub(super) struct Named {
    /// The e-mail.
    email: String,
    /// The organization's slug.
    #[arg(long)]
    org: String,
}

impl Named {
    async fn lock(&self, gw: &Gateway, locked: bool) -> anyhow::Result<()> {
        let (org, person) = find::person(gw, &self.org, &self.email).await?;
        let patch = UserPatch { locked: Some(locked), ..UserPatch::default() };
        users::patch(gw, &Actor::Operator, org, &self.org, person, patch).await?;
        println!("{} is {}", self.email, if locked { "locked" } else { "not locked" });
        Ok(())
    }

    async fn give_back(&self, gw: &Gateway) -> anyhow::Result<()> {
        let (org, person) = find::person(gw, &self.org, &self.email).await?;
        let done = aside::give_back(gw, &Actor::Operator, org, &self.org, person).await?;
        println!("{}", serde_json::to_string(&done)?);
        Ok(())
    }

    async fn discard(&self, gw: &Gateway) -> anyhow::Result<()> {
        let (org, person) = find::person(gw, &self.org, &self.email).await?;
        let gone = aside::discard(gw, &Actor::Operator, org, &self.org, person).await?;
        println!("{}", serde_json::to_string(&gone)?);
        Ok(())
    }

    async fn link(&self, gw: &Gateway, kind: LinkKind) -> anyhow::Result<()> {
        let (org, person) = find::person(gw, &self.org, &self.email).await?;
        let link = match kind {
            LinkKind::Invite => mailed::invite(gw, org, person, &Actor::Operator).await?,
            LinkKind::Reset => mailed::reset(gw, org, person, &Actor::Operator).await?,
        };
        println!("{}", reveal(&link));
        Ok(())
    }
}

impl User {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        let gw = opened::gateway(config).await?;
        match self {
            Self::List { org, json } => {
                let number = organizations::of_slug(&gw, &org).await?;
                let (mut after, mut all) = (None, Vec::new());
                loop {
                    let page = users::list(&gw, number, &org, after, 500).await?;
                    let Some(last) = page.last() else { break };
                    after = Some(last.id);
                    for user in page {
                        if json {
                            all.push(serde_json::to_value(&user)?);
                        } else {
                            println!("{}", serde_json::to_string(&user)?);
                        }
                    }
                }
                if json {
                    opened::show_json(&all.into())?;
                }
            }
            Self::Invite(named) => named.link(&gw, LinkKind::Invite).await?,
            Self::Reset(named) => named.link(&gw, LinkKind::Reset).await?,
            Self::Lock(named) => named.lock(&gw, true).await?,
            Self::Unlock(named) => named.lock(&gw, false).await?,
            Self::Aside { org } => {
                for view in aside::list(&gw, &org).await? {
                    println!("{}", serde_json::to_string(&view)?);
                }
            }
            Self::GiveBack(named) => named.give_back(&gw).await?,
            Self::Discard(named) => named.discard(&gw).await?,
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
