//! Where the master key comes from.

use super::Config;
use crate::base::seal::{MasterKey, SealError};
use crate::base::sources::Sources;
use secrecy::ExposeSecret as _;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// On PostgreSQL nothing is beside the database.
    #[error("no master key: set DOORWARD_MASTER_KEY or DOORWARD_MASTER_KEY_FILE (base64, 32 bytes)")]
    Missing,
    /// The file cannot be read or made.
    #[error("the master key file {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// What was given is no key.
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// The master key of this configuration. On SQLite a missing one is made beside the database, for its owner's eyes.
///
/// # Errors
/// [`KeyError`] where there is none or it cannot be used.
pub fn master_key(config: &Config, sources: &Sources) -> Result<MasterKey, KeyError> {
    if let Some(text) = &config.master_key {
        return Ok(MasterKey::from_base64(text.expose_secret())?);
    }
    if let Some(path) = &config.master_key_file {
        return read(path);
    }
    let database = config.database.url.strip_prefix("sqlite:").ok_or(KeyError::Missing)?;
    let path = PathBuf::from(format!("{database}.key"));
    let failed = |cause| KeyError::File { path: path.clone(), cause };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
        Ok(mut file) => {
            let text = MasterKey::mint(sources);
            file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed)?;
            Ok(MasterKey::from_base64(&text)?)
        }
        Err(e) if e.kind() == ErrorKind::AlreadyExists => read(&path),
        Err(cause) => Err(failed(cause)),
    }
}

fn read(path: &Path) -> Result<MasterKey, KeyError> {
    let text = fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|cause| KeyError::File { path: path.to_owned(), cause })?;
    Ok(MasterKey::from_base64(&text)?)
}
