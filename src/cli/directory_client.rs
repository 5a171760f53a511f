//! `doorward directory client`: OAuth clients of a directory.

use super::opened;
use crate::base::token::reveal;
use crate::domain::directory_client::{ClientKeys, ClientMethod};
use crate::service::Gateway;
use crate::service::console::directory_clients::{self, ClientMade, ClientView, ClientWish};
use crate::service::console::directory_tokens::{Asked, Rotation};
use anyhow::Context as _;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct Which {
    /// The directory.
    directory: String,
    /// The organization's slug.
    #[arg(long)]
    org: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum Client {
    /// Makes an OAuth client of a directory. Without a key set or an issuer it gets a secret, shown once.
    Add {
        #[command(flatten)]
        which: Which,
        /// What it is called.
        #[arg(long)]
        key: String,
        /// A file with its public keys (a JSON Web Key Set): it signs assertions.
        #[arg(long)]
        jwks_file: Option<PathBuf>,
        /// Where the keys are: its own, or those of the issuer.
        #[arg(long)]
        jwks_uri: Option<String>,
        /// Whose tokens it shows (workload identity federation), as `iss` has it.
        #[arg(long)]
        issuer: Option<String>,
        /// Who it is there, as `sub` has it.
        #[arg(long)]
        subject: Option<String>,
        /// Whom the token must be for, as `aud` has it.
        #[arg(long)]
        audience: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the OAuth clients of a directory.
    List {
        #[command(flatten)]
        which: Which,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Gives a client a new secret and shows it, once; the old one works on for a while.
    Rotate {
        #[command(flatten)]
        which: Which,
        /// The client's id (dcl-…).
        #[arg(long)]
        client: String,
        /// How many hours the old secret works on; 0 ends it, and the client's tokens, at once.
        #[arg(long, default_value_t = 24)]
        overlap_hours: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Takes a client away; its tokens are dead at once.
    Remove {
        #[command(flatten)]
        which: Which,
        /// The client's id (dcl-…).
        #[arg(long)]
        client: String,
    },
}

impl Client {
    pub(super) async fn run(self, gw: &Gateway) -> anyhow::Result<()> {
        match self {
            Self::Add { which, key, jwks_file, jwks_uri, issuer, subject, audience, json } => {
                let jwks = jwks_file.map(|path| {
                    let text =
                        std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                    serde_json::from_str(&text).with_context(|| format!("{} is no JSON", path.display()))
                });
                let wish = ClientWish { key, jwks: jwks.transpose()?, jwks_uri, issuer, subject, audience };
                show(&directory_clients::add(gw, &asked(gw, &which).await?, &wish).await?, json)
            }
            Self::List { which, json } => list(&directory_clients::list(gw, &asked(gw, &which).await?).await?, json),
            Self::Rotate { which, client, overlap_hours, json } => {
                let asked = asked(gw, &which).await?;
                let id = directory_clients::id_of(asked.org, &client)?;
                let rotation = Rotation { overlap_hours: Some(overlap_hours) };
                show(&directory_clients::rotate(gw, &asked, id, rotation).await?, json)
            }
            Self::Remove { which, client } => {
                let asked = asked(gw, &which).await?;
                let id = directory_clients::id_of(asked.org, &client)?;
                Ok(directory_clients::remove(gw, &asked, id).await?)
            }
        }
    }
}

async fn asked(gw: &Gateway, which: &Which) -> anyhow::Result<Asked> {
    Ok(Asked::by_operator(gw, &which.org, &which.directory).await?)
}

fn show(made: &ClientMade, json: bool) -> anyhow::Result<()> {
    if json {
        return opened::show_json(&serde_json::to_value(made)?);
    }
    println!("client_id: {}", made.client_id);
    if let Some(secret) = &made.client_secret {
        println!("client_secret: {}", reveal(secret));
    }
    println!("token_url: {}", made.token_url);
    Ok(())
}

fn list(clients: &[ClientView], json: bool) -> anyhow::Result<()> {
    if json {
        return opened::show_json(&serde_json::to_value(clients)?);
    }
    for client in clients {
        let proof = match &client.method {
            ClientMethod::ClientSecret => match client.secrets.as_slice() {
                [_] => "secret".to_owned(),
                secrets => format!("{} secrets", secrets.len()),
            },
            ClientMethod::PrivateKeyJwt { keys: ClientKeys::Jwks(_) } => "keys".to_owned(),
            ClientMethod::PrivateKeyJwt { keys: ClientKeys::JwksUri(uri) } => format!("keys at {uri}"),
            ClientMethod::FederatedIdentity { issuer, subject, .. } => format!("{subject} of {issuer}"),
        };
        let used = client.used.map_or_else(|| "never used".to_owned(), |at| format!("used {at}"));
        println!("{}  {}  {proof}  made {}  {used}", client.client_id, client.key, client.created);
    }
    Ok(())
}
