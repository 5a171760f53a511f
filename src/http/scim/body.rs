//! Reading a body: bounded in bytes and in values, JSON, of a media type that SCIM knows.

use super::answer::ScimFault;
use super::incoming::Incoming;
use crate::protocol::scim::error::ScimError;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::http::{StatusCode, header};
use futures::StreamExt as _;
use serde_json::Value;

/// The body of a call on Users.
pub(super) const SMALL: usize = 1024 * 1024;
/// The body of a call on Groups.
pub(super) const LARGE: usize = 16 * 1024 * 1024;

/// How much of a body that is too large is read and thrown away, in bytes.
const PATIENCE: u64 = 128 * 1024 * 1024;
/// One value for so many bytes of the limit: two bytes of JSON can become a value of a hundred.
const BYTES_FOR_A_VALUE: usize = 8;

/// The JSON body of a request.
pub(super) async fn json(call: Incoming<'_>, limit: usize) -> Result<Value, ScimFault> {
    json_or(call, limit, || {
        ScimFault::plain(StatusCode::PAYLOAD_TOO_LARGE, format!("The body may have {limit} bytes at most."))
    })
    .await
}

/// The same, with words of its own for a body that is too large.
pub(super) async fn json_or(
    call: Incoming<'_>,
    limit: usize,
    too_large: impl FnOnce() -> ScimFault,
) -> Result<Value, ScimFault> {
    if let Some(kind) = call.headers().get(header::CONTENT_TYPE) {
        let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        if !matches!(kind.as_str(), "application/scim+json" | "application/json" | "") {
            return Err(ScimFault::plain(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Content-Type: send application/scim+json or application/json.",
            ));
        }
    }
    let waits = call.headers().contains_key(header::EXPECT);
    let Some(bytes) = read(call.body, limit, waits).await? else { return Err(too_large()) };
    call.read.keep(&bytes);
    // Some of Windows' tools write a byte order mark, which RFC 8259 §8.1 lets a reader pass over.
    let json = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&bytes);
    let most = limit / BYTES_FOR_A_VALUE;
    if json.len() > most && values(json) > most {
        let detail = format!("The body may hold {most} values at most; send it in several requests.");
        return Err(ScimFault::plain(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let body = serde_json::from_slice(json).map_err(|e| {
        ScimError::invalid_syntax(format!("The body is no JSON: line {}, column {}.", e.line(), e.column()))
    })?;
    call.read.is_json();
    Ok(body)
}

/// The body, or `None` where it is larger than the limit. What is too large is read on for a while and thrown away:
/// a client that is still sending would see a broken connection in place of the answer.
async fn read(body: Body, limit: usize, waits: bool) -> Result<Option<Bytes>, ScimFault> {
    let limit_and_one = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    // A client that waits for leave to send is refused before it does.
    if body.size_hint().lower() >= limit_and_one && (waits || body.size_hint().lower() > PATIENCE) {
        return Ok(None);
    }
    let (mut bytes, mut seen) = (Vec::new(), 0_u64);
    let mut stream = body.into_data_stream();
    while let Some(part) = stream.next().await {
        let part = part.map_err(|_| ScimFault::plain(StatusCode::BAD_REQUEST, "The body broke off; send it again."))?;
        seen = seen.saturating_add(part.len() as u64);
        if seen < limit_and_one {
            bytes.extend_from_slice(&part);
        } else {
            bytes = Vec::new();
            if seen > PATIENCE {
                break;
            }
        }
    }
    Ok((seen < limit_and_one).then(|| Bytes::from(bytes)))
}

/// At least as many as there are values in a JSON text, counted by what stands before each of them.
fn values(text: &[u8]) -> usize {
    let (mut count, mut in_text, mut escaped) = (1, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_text => escaped = true,
            b'"' => in_text = !in_text,
            b',' | b':' | b'[' | b'{' if !in_text => count += 1,
            _ => {}
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_texts() {
        assert_eq!(values(b"0"), 1);
        assert_eq!(values(br#"[0,0,0]"#), 4);
        assert_eq!(values(br#"{"a,b":"[\",:{","c":["d"]}"#), 6);
    }
}
