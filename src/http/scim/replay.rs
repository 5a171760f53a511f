//! A logged call through this very door once more, as a dry run.

use super::answer::{Answer, ScimFault, Sent};
use super::incoming::{Incoming, ReadBody};
use super::{Address, caller, proved};
use crate::base::ids::LogId;
use crate::protocol::scim::media;
use crate::service::Gateway;
use crate::service::console::ConsoleError;
use crate::service::console::scim_log::{Logged, opened, stand_in};
use crate::service::provisioning::DirectoryCaller;
use crate::service::scim_log::{NewAnswer, NotReplayable, RecordedCall, Replay, replayed};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{Uri, header};
use std::fmt::Write as _;
use tracing::Instrument as _;

/// What an entry's call would come to now, beside what it came to. Nothing of it is kept: no change, no audit event, no
/// entry in the log. It takes the locks of the call for a moment, as the call would.
///
/// # Errors
/// [`ConsoleError::NoEntry`], [`ConsoleError::Replay`] for a call that the log does not have whole, or when the store
/// fails.
pub async fn replay(gw: &Gateway, logged: &Logged, id: LogId) -> Result<Replay, ConsoleError> {
    let entry = opened(gw, logged, id).await?;
    let dry = gw.dry();
    let (call, who) = stand_in(&dry, logged, &entry).await?;
    let span = tracing::info_span!("replay", entry = %id);
    let new = answer(&dry, &who, call).instrument(span).await?;
    Ok(replayed(&entry, new))
}

async fn answer(gw: &Gateway, who: &DirectoryCaller, call: RecordedCall) -> Result<NewAnswer, NotReplayable> {
    let rest = call.address.strip_prefix('/').unwrap_or(&call.address).to_owned();
    let request = request(who, &rest, call)?;
    let answer = if who.directory.enabled {
        let (head, body) = request.into_parts();
        let call = Incoming { head: &head, body, read: ReadBody::default() };
        proved(gw, who, &Address::of(&rest), &rest, call).await.unwrap_or_else(ScimFault::into_answer)
    } else {
        caller::disabled().into_answer()
    };
    Ok(told(answer))
}

fn told(answer: Answer) -> NewAnswer {
    let Sent { status, scim_type, body, told } = answer.into_response(media::SCIM_JSON).1;
    NewAnswer {
        status: status.as_u16(),
        scim_type,
        body: body.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        applied: told.applied,
        skipped: told.skipped,
    }
}

fn request(who: &DirectoryCaller, rest: &str, call: RecordedCall) -> Result<Request, NotReplayable> {
    let mut address = format!("/scim/v2/{}/{}", who.directory.id, written(rest));
    if let Some(query) = &call.query {
        address.push('?');
        address.push_str(query);
    }
    let unfit = || NotReplayable("its address, its method or a header of it cannot be sent again");
    let uri: Uri = address.parse().map_err(|_| unfit())?;
    let mut request = Request::builder().method(call.method.as_str()).uri(uri);
    if call.body.is_some() {
        request = request.header(header::CONTENT_TYPE, media::SCIM_JSON);
    }
    if let Some(precondition) = &call.precondition {
        request = request.header(header::IF_MATCH, precondition);
    }
    request.body(call.body.map_or_else(Body::empty, Body::from)).map_err(|_| unfit())
}

/// An address as it is sent: what does not stand for itself is percent-encoded.
fn written(rest: &str) -> String {
    let mut out = String::with_capacity(rest.len());
    for byte in rest.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_' | b'~' | b':' | b'$') {
            out.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
