//! What the log is told of a call when it is over, however it ends.

use super::answer::{Sent, Told};
use super::incoming::ReadBody;
use crate::base::ids::{DirectoryId, OrgNo, SourceNo};
use crate::service::Gateway;
use crate::service::directory_oauth::Named;
use crate::service::provisioning::DirectoryCaller;
use crate::service::scim_log::{Call, Credential, Refusal};
use axum::http::header;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use std::time::Instant;

/// A call on its way. What the log keeps of it is copied when it is over.
pub(super) struct Recorder<'a> {
    gw: &'a Gateway,
    head: &'a Parts,
    template: Template,
    /// The path below the directory's base.
    rest: &'a str,
    at: DateTime<Utc>,
    begun: Instant,
    /// Where the reader of the body leaves it.
    pub(super) body: ReadBody,
    known: Option<Known>,
}

/// Whose call it is, and what else the log is told of it before it is answered.
struct Known {
    org: OrgNo,
    src: SourceNo,
    caller: Option<Credential>,
    refusal: Option<Refusal>,
    hint: Option<String>,
    /// The directory of a call that was turned away before anybody had proved to be it.
    turned_away: Option<DirectoryId>,
    /// Whether the query is one of this endpoint's; another one may hold anything.
    with_query: bool,
}

impl<'a> Recorder<'a> {
    /// Begins; nothing is told before it is known whose call it is.
    pub(super) fn begin(gw: &'a Gateway, head: &'a Parts, template: Template, rest: &'a str) -> Self {
        let (at, begun) = (gw.sources.now(), Instant::now());
        Self { gw, head, template, rest, at, begun, body: ReadBody::default(), known: None }
    }

    /// The call is one of this directory's.
    pub(super) fn of(&mut self, who: &DirectoryCaller) {
        let caller = Some(who.credential.clone());
        self.know(Known { caller, ..Known::of(who.org, who.directory.src) });
    }

    /// The call asked for a token for a client of this directory.
    pub(super) fn of_client(&mut self, named: Named, refusal: Option<Refusal>) {
        let known = Known { refusal, with_query: false, ..Known::of(named.org, named.src) };
        self.know(match named.proof {
            Ok(()) => Known { caller: Some(named.client), ..known },
            Err(why) => Known {
                refusal: refusal.or(Some(Refusal::NotProved)),
                hint: Some(format!("client {}: {why}", named.client.label)),
                turned_away: Some(named.directory),
                ..known
            },
        });
    }

    /// The call was turned away at the door.
    pub(super) fn turned_away(&mut self, turned: TurnedAway) {
        let TurnedAway { org, src, directory, why, hint, caller } = turned;
        let (refusal, turned_away) = (Some(why), Some(directory));
        self.know(Known { refusal, hint, caller, turned_away, ..Known::of(org, src) });
    }

    fn know(&mut self, known: Known) {
        self.known = self.gw.scim_log.is_on().then_some(known);
    }

    /// The call was answered.
    pub(super) fn end(mut self, sent: &Sent) {
        self.push(Some(sent));
    }

    fn push(&mut self, sent: Option<&Sent>) {
        let Some(known) = self.known.take() else { return };
        let text = |name| self.head.headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
        let (nothing, body) = (Told::default(), self.body.for_log());
        let told = sent.map_or(&nothing, |sent| &sent.told);
        let call = Call {
            org: known.org,
            src: known.src,
            at: self.at,
            took: self.begun.elapsed(),
            method: Call::method(self.head.method.as_str()),
            path: self.template.path,
            resource: self.template.resource,
            address: self.rest,
            query: self.head.uri.query().filter(|_| known.with_query),
            precondition: text(header::IF_MATCH),
            status: sent.map_or(0, |sent| sent.status.as_u16()),
            scim_type: sent.and_then(|sent| sent.scim_type),
            refusal: if sent.is_some() { known.refusal } else { Some(Refusal::BrokenOff) },
            hint: known.hint.as_deref(),
            request: self.gw.request.as_deref(),
            caller: known.caller.as_ref(),
            agent: text(header::USER_AGENT).map(Call::agent),
            body: body.as_deref(),
            answer: sent.and_then(|sent| sent.body.as_deref()),
            applied: &told.applied,
            skipped: &told.skipped,
        };
        match known.turned_away {
            Some(directory) => self.gw.scim_log.push_turned_away(&self.gw.sources, directory, &call),
            None => self.gw.scim_log.push(&self.gw.sources, &call),
        }
    }
}

/// A call that is dropped on its way has an entry as well.
impl Drop for Recorder<'_> {
    fn drop(&mut self) {
        self.push(None);
    }
}

impl Known {
    fn of(org: OrgNo, src: SourceNo) -> Self {
        Self { org, src, caller: None, refusal: None, hint: None, turned_away: None, with_query: true }
    }
}

/// The template of an address below the base, and the resource in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Template {
    /// As `/Users/{id}`.
    pub(super) path: &'static str,
    /// The resource, where the address names one in the form of our ids.
    pub(super) resource: Option<crate::base::ids::ResourceId>,
}

/// A call that was turned away before anybody looked at what it asks, at a directory that is there.
#[derive(Debug, Clone)]
pub(super) struct TurnedAway {
    /// The organization.
    pub(super) org: OrgNo,
    /// The directory's number.
    pub(super) src: SourceNo,
    /// The directory.
    pub(super) directory: DirectoryId,
    /// Why.
    pub(super) why: Refusal,
    /// What was presented, told safely.
    pub(super) hint: Option<String>,
    /// Who called, where that was proved.
    pub(super) caller: Option<Credential>,
}
