//! The key of cursors: one for the installation, sealed at rest, so that every instance opens what another one made.

use super::ProvisionError;
use crate::base::seal::Place;
use crate::protocol::scim::cursor::{CursorKey, KeyFault};
use crate::service::Gateway;
use std::sync::Arc;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

/// How long a cursor holds, in seconds (RFC 9865 §4, `cursorTimeout`).
pub const CURSOR_SECONDS: u32 = 3600;

const NAME: &str = "cursor-key";
const PLACE: Place<'static> = Place { table: "secret", row: NAME, column: "sealed" };

/// The key, once it has been read: it never changes.
#[derive(Clone, Default)]
pub struct CursorKeyMemory(Arc<OnceCell<CursorKey>>);

impl std::fmt::Debug for CursorKeyMemory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKeyMemory")
    }
}

/// The installation's key, made at the first page that needs one.
pub(super) async fn key(gw: &Gateway) -> Result<&CursorKey, ProvisionError> {
    gw.memory.cursor_key.0.get_or_try_init(|| read(gw)).await
}

async fn read(gw: &Gateway) -> Result<CursorKey, ProvisionError> {
    let fresh = Zeroizing::new(gw.sources.bytes::<32>());
    let sealed = gw.master.seal(&gw.sources, PLACE, &*fresh);
    let kept = gw.store.secret_or(NAME, sealed).await?;
    let plain = gw.master.open(PLACE, &kept)?;
    let bytes: &[u8; 32] = plain.as_slice().try_into().map_err(|_| KeyFault)?;
    Ok(CursorKey::new(bytes)?)
}
