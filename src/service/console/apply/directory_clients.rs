//! OAuth clients of directories.

use super::ApplyError;
use super::file::{DirectoryClientFile, DirectoryFile};
use super::organization::Changes;
use super::plan::Plan;
use crate::domain::audit::Actor;
use crate::domain::directory_client::ClientMethod;
use crate::service::Gateway;
use crate::service::console::directory_clients::{self as console, ClientMade, ClientWish};
use crate::store::directories::DirectoryRow;
use crate::store::{Tx, directory_clients};
use std::path::Path;

/// What a client of the file proves itself by.
pub(super) fn method(
    gw: &Gateway,
    directory: &DirectoryFile,
    file: &DirectoryClientFile,
    folder: &Path,
) -> Result<ClientMethod, ApplyError> {
    let client = || format!("{} of the directory {}", file.key, directory.key);
    let jwks = match &file.jwks_file {
        None => None,
        Some(name) => {
            let path = folder.join(name);
            let text = std::fs::read(&path).map_err(|cause| ApplyError::File { path: path.clone(), cause })?;
            Some(serde_json::from_slice(&text).map_err(|cause| ApplyError::Keys { client: client(), cause })?)
        }
    };
    let wish = ClientWish {
        key: file.key.clone(),
        jwks,
        jwks_uri: file.jwks_uri.clone(),
        issuer: file.issuer.clone(),
        subject: file.subject.clone(),
        audience: file.audience.clone(),
    };
    wish.method(gw).map_err(|cause| ApplyError::DirectoryClient { client: client(), cause: Box::new(cause) })
}

/// Brings the clients of a directory to what the file says.
pub(super) async fn put(
    tx: &mut Tx,
    plan: &Plan,
    file: &DirectoryFile,
    directory: &DirectoryRow,
    changes: &mut Changes<'_>,
) -> Result<Vec<ClientMade>, ApplyError> {
    let gw = changes.gw;
    let known = directory_clients::list(tx, directory.src).await?;
    let mut answers = Vec::new();
    for client in &file.client {
        let method = plan.methods.get(&(file.key.clone(), client.key.clone()));
        let method = method.ok_or(ApplyError::Malformed("directory client"))?;
        let what = |how: &str| format!("client {} of directory {} {how}", client.key, file.key);
        let made = match known.iter().find(|row| row.key == client.key) {
            Some(row) if row.method == *method => console::made(gw, tx.org(), row, None),
            Some(row) => {
                let updated = console::update(tx, gw, &Actor::Operator, directory, row.clone(), method).await?;
                changes.told([updated.1], &what("updated"));
                updated.0
            }
            None => {
                let inserted = console::insert(tx, gw, &Actor::Operator, directory, &client.key, method).await?;
                changes.told([inserted.1], &what("created"));
                inserted.0
            }
        };
        answers.push(made);
    }
    Ok(answers)
}
