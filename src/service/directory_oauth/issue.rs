//! A client proves itself and gets an access token.

use super::DirectoryOAuthError;
use super::proof::{Known, Proved};
use crate::base::ids::{ClientId, DirectoryId, OrgNo, SourceNo, TokenId};
use crate::base::token::{Minted, TokenKind};
use crate::domain::audit::{Actor, Deed};
use crate::domain::directory_client::ClientMethod;
use crate::protocol::oauth::{AskedScope, CredentialsFault, CredentialsProof, CredentialsRequest, Params};
use crate::service::Gateway;
use crate::service::scim_log::Credential;
use crate::store::directories::{self, DirectoryRow, DirectoryTokenRow};
use crate::store::directory_clients as store;
use crate::store::{Done, StoreError, Tx};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::json;

/// Whoever asks again within this many seconds, with the same proof, gets the same token.
const SAME_TOKEN: i64 = 60;

/// What a client gets. Printing it shows no token.
#[derive(Debug)]
pub struct IssuedToken {
    /// The token.
    pub access_token: SecretString,
    /// How many seconds it lasts at least.
    pub expires_in: i64,
}

/// The client that a token request named, where it is one of ours: for the log of its directory.
#[derive(Debug)]
pub struct Named {
    /// Its organization.
    pub org: OrgNo,
    /// The number of its directory.
    pub src: SourceNo,
    /// The directory.
    pub directory: DirectoryId,
    /// The client.
    pub client: Credential,
    /// Whether it has proved to be that client; if not, why.
    pub proof: Result<(), String>,
}

/// What came of a token request.
#[derive(Debug)]
pub struct Answered {
    /// The token, or [`DirectoryOAuthError::Fault`] for what the client must be told; otherwise a pause, or a failure of
    /// ours.
    pub outcome: Result<IssuedToken, DirectoryOAuthError>,
    /// Whom it named.
    pub named: Option<Named>,
}

/// Answers a token request; `from` is the address that it comes from.
pub async fn token(gw: &Gateway, authorization: Option<&str>, params: &Params, from: &str) -> Answered {
    let mut named = None;
    let outcome = answer(gw, authorization, params, from, &mut named).await;
    Answered { outcome, named }
}

async fn answer(
    gw: &Gateway,
    authorization: Option<&str>,
    params: &Params,
    from: &str,
    named: &mut Option<Named>,
) -> Result<IssuedToken, DirectoryOAuthError> {
    let request = CredentialsRequest::read(authorization, params)?;
    let said = match &request.proof {
        CredentialsProof::Secret(shown) => &shown.id,
        CredentialsProof::Assertion { id, .. } => id,
    };
    let now = gw.sources.now();
    let Some((client_id, known, directory)) = find(gw, said).await? else {
        wrong(gw, "unknown", from)?;
        return Err(CredentialsFault::Unproved.into());
    };
    let named = named.insert(Named::of(client_id, &known, &directory));
    let proved = match known.prove(gw, client_id, &request.proof, now).await {
        Ok(proved) => proved,
        Err(refused) => {
            named.proof = Err(refused.why.clone());
            tracing::warn!(client = %client_id, why = refused.why, "a client of a directory was refused");
            if matches!(refused.error, DirectoryOAuthError::Fault(_)) {
                wrong(gw, said, from)?;
            }
            tell(gw, client_id, &directory, &refused.why).await?;
            return Err(refused.error);
        }
    };
    if !directory.enabled {
        return Err(CredentialsFault::Disabled.into());
    }
    let federated = matches!(known.row.method, ClientMethod::FederatedIdentity { .. });
    if request.scope == AskedScope::EntraDefault && !federated {
        return Err(CredentialsFault::ScopeUnknown.into());
    }
    gw.memory.directory_tokens.token(directory.id).map_err(DirectoryOAuthError::TooMany)?;
    give(gw, client_id, directory, proved, now).await
}

impl Named {
    fn of(id: ClientId, known: &Known, directory: &DirectoryRow) -> Self {
        let client =
            Credential { kind: "client", id: known.row.id.to_string().into(), label: known.row.key.as_str().into() };
        Self { org: id.org, src: directory.src, directory: directory.id, client, proof: Ok(()) }
    }
}

fn wrong(gw: &Gateway, client_id: &str, from: &str) -> Result<(), DirectoryOAuthError> {
    gw.memory.directory_tokens.wrong(client_id, from).map_err(DirectoryOAuthError::TooMany)
}

async fn find(gw: &Gateway, said: &str) -> Result<Option<(ClientId, Known, DirectoryRow)>, StoreError> {
    let Ok(client_id) = said.parse::<ClientId>() else { return Ok(None) };
    let found = async move |tx: &mut Tx| {
        let Some(known) = known(tx, client_id).await? else { return Ok::<_, StoreError>(None) };
        let directory = directories::get(tx, known.row.src).await?;
        Ok(directory.map(|directory| (client_id, known, directory)))
    };
    gw.store.read(client_id.org, found).await
}

async fn known(tx: &mut Tx, client_id: ClientId) -> Result<Option<Known>, StoreError> {
    let Some(row) = store::get(tx, client_id.client).await? else { return Ok(None) };
    let secrets = if row.method == ClientMethod::ClientSecret { store::secrets(tx, row.id).await? } else { Vec::new() };
    Ok(Some(Known { row, secrets }))
}

async fn tell(gw: &Gateway, client_id: ClientId, directory: &DirectoryRow, why: &str) -> Result<(), StoreError> {
    let client = client_id.client.to_string();
    if !gw.memory.directory_tokens.tell(&client) {
        return Ok(());
    }
    let body = json!({"directory": directory.id, "why": why});
    let record = gw.record(&Actor::Stranger, Deed::DirectoryClientRefused, Some(client), body);
    gw.store.write(client_id.org, async move |_| Ok::<_, StoreError>(Done::of(()).and(record.clone()))).await
}

/// The token of this client in this minute. It is derived, not drawn: a client that asks before each of its calls makes
/// one row a minute, and an answer that was lost can be given again.
fn minted(gw: &Gateway, client_id: ClientId, proved: &Proved, minute: i64) -> Minted {
    let ground: String = proved.ground.0.iter().map(|byte| format!("{byte:02x}")).collect();
    let reason = format!("client {client_id} by {ground} in minute {minute}");
    gw.mint.for_reason(TokenKind::Directory, client_id.org, &reason)
}

async fn give(
    gw: &Gateway,
    client_id: ClientId,
    directory: DirectoryRow,
    proved: Proved,
    now: DateTime<Utc>,
) -> Result<IssuedToken, DirectoryOAuthError> {
    let (life, minute) = (gw.settings.directory_token, now.timestamp().div_euclid(SAME_TOKEN));
    let minted = minted(gw, client_id, &proved, minute);
    let hash = minted.hash;
    let issued = IssuedToken { access_token: minted.text, expires_in: life.num_seconds() };
    let there = async move |tx: &mut Tx| store::has_token(tx, hash, now).await;
    if proved.once.is_none() && gw.store.read::<_, StoreError, _>(client_id.org, there).await? {
        return Ok(issued);
    }
    let ends = DateTime::from_timestamp((minute + 1) * SAME_TOKEN, 0).unwrap_or(now) + life;
    let (gateway, id) = (gw.clone(), TokenId::mint(&gw.sources));
    let body = json!({"kind": "directory", "directory": directory.id, "client": client_id.client, "until": ends});
    let record = gw.record(&Actor::Directory(directory.id), Deed::TokenCreated, Some(id.to_string()), body);
    gw.store
        .write(client_id.org, async move |tx| {
            // Whoever takes the client or its proof away in this moment waits for us, or has been faster.
            store::hold(tx, client_id.client, Some(now)).await?;
            let known = known(tx, client_id).await?.filter(|known| known.stands(&gateway, &proved, now));
            let known = known.ok_or(CredentialsFault::Unproved)?;
            if let Some((jti, until)) = &proved.once
                && !store::use_assertion(tx, known.row.id, jti, *until).await?
            {
                return Err(CredentialsFault::Replayed.into());
            }
            let label = known.row.key.clone();
            let row = DirectoryTokenRow { id, label, created: now, until: Some(ends), used: None };
            let new = store::insert_token(tx, &known.row, hash, &row).await?;
            Ok::<_, DirectoryOAuthError>(Done::of(()).and_all(new.then(|| record.clone())))
        })
        .await?;
    Ok(issued)
}
