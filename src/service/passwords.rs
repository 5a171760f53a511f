//! Passwords: hashed with Argon2id, two at a time, so that a rush of sign-ins cannot eat the machine.

use crate::base::class::{Class, Classify};
use crate::service::Gateway;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Semaphore;

/// The longest password, in bytes: more would be work for a stranger's asking.
pub const LONGEST: usize = 1024;

static AT_ONCE: Semaphore = Semaphore::const_new(2);

/// Why a password was neither hashed nor checked.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Longer than [`LONGEST`].
    #[error("the password is too long")]
    TooLong,
    /// The settings of the hash cannot be used.
    #[error("the password hash cannot be computed")]
    Hash(argon2::password_hash::Error),
    /// The program is shutting down.
    #[error("the work was broken off")]
    BrokenOff,
}

impl Classify for PasswordError {
    fn class(&self) -> Class {
        match self {
            Self::TooLong => Class::BadInput,
            Self::Hash(_) => Class::Bug,
            Self::BrokenOff => Class::Busy,
        }
    }
}

/// The hash to keep (PHC text).
///
/// # Errors
/// [`PasswordError`] when it is too long or the program shuts down.
pub async fn hash(gw: &Gateway, password: &SecretString) -> Result<String, PasswordError> {
    check_length(password)?;
    let (hasher, salt) = (hasher(gw)?, gw.sources.bytes::<16>());
    let password = password.clone();
    in_turn(move || {
        let hash = hasher.hash_password_with_salt(password.expose_secret().as_bytes(), &salt);
        hash.map(|hash| hash.to_string()).map_err(PasswordError::Hash)
    })
    .await?
}

/// Whether the password is the one that was hashed. `None`, for somebody unknown or without one, is never right and
/// takes as long.
///
/// # Errors
/// [`PasswordError`] when it is too long or the program shuts down.
pub async fn verify(gw: &Gateway, stored: Option<String>, password: &SecretString) -> Result<bool, PasswordError> {
    check_length(password)?;
    let hasher = hasher(gw)?;
    let password = password.clone();
    in_turn(move || {
        let text = password.expose_secret().as_bytes();
        match stored {
            Some(stored) => Ok(hasher.verify_password(text, stored.as_str()).is_ok()),
            None => hasher.hash_password_with_salt(text, &[0; 16]).map(|_| false).map_err(PasswordError::Hash),
        }
    })
    .await?
}

fn check_length(password: &SecretString) -> Result<(), PasswordError> {
    if password.expose_secret().len() > LONGEST { Err(PasswordError::TooLong) } else { Ok(()) }
}

fn hasher(gw: &Gateway) -> Result<Argon2<'static>, PasswordError> {
    let (memory, passes, lanes) = gw.settings.password_work;
    let params = Params::new(memory, passes, lanes, None).map_err(|e| PasswordError::Hash(e.into()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn in_turn<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, PasswordError> {
    let _turn = AT_ONCE.acquire().await.map_err(|_| PasswordError::BrokenOff)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| PasswordError::BrokenOff)
}
