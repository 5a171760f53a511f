//! Directories and connections of an organization.

use super::answer::{ConnectionAnswer, DirectoryAnswer};
use super::file::{ConnectionFile, Kind};
use super::organization::Changes;
use super::plan::Plan;
use super::{ApplyError, directory_clients};
use crate::base::ids::{ConnectionId, SourceNo};
use crate::base::seal::Place;
use crate::base::token::same;
use crate::domain::audit::Deed;
use crate::domain::connection::{ConnectionProtocol, ConnectionSettings};
use crate::domain::directory::DirectorySettings;
use crate::domain::identity::{GroupsAbsent, IdentityPart, MatchBy};
use crate::service::Gateway;
use crate::service::console::directories as console;
use crate::store::connections::{self, ConnectionRow};
use crate::store::directories::{self, DirectoryRow};
use crate::store::{Tx, organizations};
use secrecy::{ExposeSecret as _, SecretString};

pub(super) async fn directories(
    tx: &mut Tx,
    plan: &Plan,
    changes: &mut Changes<'_>,
) -> Result<Vec<DirectoryAnswer>, ApplyError> {
    let known = directories::list(tx).await?;
    let mut answers = Vec::new();
    for file in &plan.file.directory {
        let (row, token) = match known.iter().find(|found| found.key == file.key) {
            None => {
                let (profile, settings) =
                    (file.profile.unwrap_or_default(), file.settings(DirectorySettings::default()));
                let (made, records) = console::insert(tx, changes.gw, &file.key, profile, settings).await?;
                changes.told(records, &format!("directory {} created", file.key));
                let row = directories::list(tx).await?.into_iter().find(|found| found.key == file.key);
                (row.ok_or(ApplyError::Malformed("directory"))?, Some(made.token))
            }
            Some(found) => {
                let profile = file.profile.map_or_else(|| found.profile.clone(), |profile| profile.name().to_owned());
                let wanted = DirectoryRow { profile, settings: file.settings(found.settings), ..found.clone() };
                if (&wanted.profile, wanted.settings) != (&found.profile, found.settings) {
                    directories::update(tx, &wanted).await?;
                    changes.note(Deed::DirectoryUpdated, found.id, &format!("directory {} updated", file.key));
                }
                (found.clone(), None)
            }
        };
        let clients = directory_clients::put(tx, plan, file, &row, changes).await?;
        let scim_base_url = changes.gw.urls.scim(row.id);
        answers.push(DirectoryAnswer { key: file.key.clone(), id: row.id, scim_base_url, token, clients });
    }
    Ok(answers)
}

pub(super) async fn connections(
    tx: &mut Tx,
    plan: &Plan,
    changes: &mut Changes<'_>,
) -> Result<Vec<ConnectionAnswer>, ApplyError> {
    let known = connections::list(tx).await?;
    let own = organizations::domains(tx).await?;
    let mut answers = Vec::new();
    for file in &plan.file.connection {
        if let Some(domain) = file.domains.iter().find(|domain| !own.iter().any(|d| d.name == **domain)) {
            return Err(ApplyError::DomainNotHere { connection: file.key.clone(), domain: domain.clone() });
        }
        let before = known.iter().find(|found| found.key == file.key);
        let id = put(tx, plan, file, before, changes).await?;
        answers.push(answer(changes.gw, file, id));
    }
    Ok(answers)
}

async fn put(
    tx: &mut Tx,
    plan: &Plan,
    file: &ConnectionFile,
    before: Option<&ConnectionRow>,
    changes: &mut Changes<'_>,
) -> Result<ConnectionId, ApplyError> {
    let gw = changes.gw;
    let wrong = |what| ApplyError::Connection { connection: file.key.clone(), what };
    let id = before.map_or_else(|| ConnectionId::mint(&gw.sources), |row| row.id);
    let settings = settings(plan, file, before)?;
    if before.is_some_and(|row| row.kind != settings.protocol.kind()) {
        return Err(wrong("its kind cannot change: give it another key"));
    }
    if plan.metadata.get(&file.key).is_some_and(|idp| idp.entity_id == gw.urls.saml_metadata(id)) {
        return Err(wrong("this metadata is our own"));
    }
    let kept = before.and_then(|row| row.secret.clone());
    let secret = match plan.secrets.get(&file.key) {
        Some(new) => Some(sealed(gw, plan, id, kept, new)),
        None => kept,
    };
    let row = ConnectionRow {
        src: before.map_or(SourceNo(0), |row| row.src),
        id,
        key: file.key.clone(),
        kind: settings.protocol.kind().to_owned(),
        enabled: before.is_none_or(|row| row.enabled),
        settings: serde_json::to_string(&settings).map_err(|_| ApplyError::Malformed("connection"))?,
        secret,
    };
    let mut domains = file.domains.clone();
    domains.sort();
    let src = match before {
        None => {
            let src = connections::insert(tx, &row, gw.sources.now()).await?;
            connections::assign_domains(tx, src, &domains).await?;
            changes.note(Deed::ConnectionCreated, id, &format!("connection {} created", file.key));
            return Ok(id);
        }
        Some(before) => before.src,
    };
    let assigned = connections::assigned_domains(tx).await?;
    let assigned: Vec<String> = assigned.into_iter().filter(|(_, of)| *of == src).map(|(name, _)| name).collect();
    let same_row = before.is_some_and(|b| b.settings == row.settings && b.secret == row.secret);
    if same_row && assigned == domains {
        return Ok(id);
    }
    connections::update(tx, &row).await?;
    connections::assign_domains(tx, src, &domains).await?;
    changes.wide = true;
    changes.note(Deed::ConnectionUpdated, id, &format!("connection {} updated", file.key));
    Ok(id)
}

/// The sealed secret; the one that is kept, if it is the same inside.
fn sealed(gw: &Gateway, plan: &Plan, id: ConnectionId, kept: Option<Vec<u8>>, new: &SecretString) -> Vec<u8> {
    let row = format!("{}/{id}", plan.org.0);
    let place = Place { table: "connection", row: &row, column: "secret" };
    let is_new = |sealed: &Vec<u8>| {
        let plain = gw.master.open(place, sealed).ok();
        plain.is_some_and(|plain| std::str::from_utf8(&plain).is_ok_and(|text| same(text, new.expose_secret())))
    };
    kept.filter(is_new).unwrap_or_else(|| gw.master.seal(&gw.sources, place, new.expose_secret().as_bytes()))
}

fn settings(
    plan: &Plan,
    file: &ConnectionFile,
    before: Option<&ConnectionRow>,
) -> Result<ConnectionSettings, ApplyError> {
    if let Some(role) = file.highest_role.as_ref().filter(|role| plan.definition.role(role).is_none()) {
        return Err(ApplyError::NoRole { connection: file.key.clone(), role: role.clone() });
    }
    let missing = || ApplyError::Connection { connection: file.key.clone(), what: "oidc needs issuer and client_id" };
    let (protocol, groups, absent) = match file.kind {
        Kind::Saml => {
            let idp = match plan.metadata.get(&file.key) {
                Some(read) => Some(read.kept.clone()),
                None => before.map(|row| kept_idp(&row.settings)).transpose()?.flatten(),
            };
            (ConnectionProtocol::Saml { idp }, None, GroupsAbsent::None)
        }
        Kind::Oidc => {
            let issuer = file.issuer.clone().ok_or_else(missing)?;
            let client_id = file.client_id.clone().ok_or_else(missing)?;
            (ConnectionProtocol::Oidc { issuer, client_id }, Some("groups".to_owned()), GroupsAbsent::Keep)
        }
    };
    let entra = file.issuer.as_deref().is_some_and(|issuer| issuer.starts_with("https://login.microsoftonline."));
    let part = if entra { IdentityPart::UserName } else { IdentityPart::default() };
    Ok(ConnectionSettings {
        protocol,
        groups_attribute: file.groups_attribute.clone().or(groups),
        groups_absent: file.groups_absent.unwrap_or(absent),
        match_by: file.match_by.clone().unwrap_or(MatchBy { part, ..MatchBy::default() }),
        just_in_time: file.just_in_time.unwrap_or(true),
        highest_role: file.highest_role.clone(),
    })
}

/// A file without metadata leaves what is there.
fn kept_idp(settings: &str) -> Result<Option<serde_json::Value>, ApplyError> {
    let settings: ConnectionSettings =
        serde_json::from_str(settings).map_err(|_| ApplyError::Malformed("connection"))?;
    match settings.protocol {
        ConnectionProtocol::Saml { idp } => Ok(idp),
        ConnectionProtocol::Oidc { .. } => Ok(None),
    }
}

fn answer(gw: &Gateway, file: &ConnectionFile, id: ConnectionId) -> ConnectionAnswer {
    let (urls, key) = (&gw.urls, file.key.clone());
    match file.kind {
        Kind::Saml => ConnectionAnswer {
            key,
            id,
            kind: "saml",
            entity_id: Some(urls.saml_metadata(id)),
            acs_url: Some(urls.saml_acs(id)),
            metadata_url: Some(urls.saml_metadata(id)),
            redirect_uri: None,
            login_url: urls.saml_login(id),
        },
        Kind::Oidc => ConnectionAnswer {
            key,
            id,
            kind: "oidc",
            entity_id: None,
            acs_url: None,
            metadata_url: None,
            redirect_uri: Some(urls.oidc_callback(id)),
            login_url: urls.oidc_login(id),
        },
    }
}
