//! The key of cursors: one for the installation, sealed at rest, so that every instance opens what another one made.

use super::ProvisionError;
use crate::base::seal::Place;
use crate::protocol::scim::cursor::{CursorKey, KeyFault};
use crate::service::Gateway;
use zeroize::Zeroizing;

/// How long a cursor holds, in seconds (RFC 9865 §4, `cursorTimeout`).
pub const CURSOR_SECONDS: u32 = 3600;

const NAME: &str = "cursor-key";
const PLACE: Place<'static> = Place { table: "secret", row: NAME, column: "sealed" };

/// The installation's key, made at the first page that needs one.
pub(super) async fn key(gw: &Gateway) -> Result<CursorKey, ProvisionError> {
    let fresh = Zeroizing::new(gw.sources.bytes::<32>());
    let sealed = gw.master.seal(&gw.sources, PLACE, &*fresh);
    let kept = gw.store.secret_or(NAME, sealed).await?;
    let plain = gw.master.open(PLACE, &kept)?;
    let bytes: &[u8; 32] = plain.as_slice().try_into().map_err(|_| KeyFault)?;
    Ok(CursorKey::new(bytes)?)
}
