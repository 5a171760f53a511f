//! What the log is told of a call: gathered while it goes, handed over when it is over, however it ends.

use super::answer::Sent;
use super::incoming::ReadBody;
use crate::base::ids::{DirectoryId, OrgNo, SourceNo};
use crate::protocol::scim::profile::Applied;
use crate::service::Gateway;
use crate::service::directory_oauth::Named;
use crate::service::provisioning::DirectoryCaller;
use crate::service::scim_log::{Call, KeptBody, Refusal};
use axum::http::header;
use axum::http::request::Parts;
use chrono::{DateTime, Utc};
use std::time::Instant;

/// A call on its way.
pub(super) struct Recorder {
    gw: Gateway,
    at: DateTime<Utc>,
    begun: Instant,
    /// Where the reader of the body leaves it.
    pub(super) body: ReadBody,
    call: Option<Call>,
    /// The directory of a call that was turned away before anybody had proved to be it.
    turned_away: Option<DirectoryId>,
}

impl Recorder {
    /// Begins; nothing is told before it is known whose call it is.
    pub(super) fn begin(gw: &Gateway) -> Self {
        let (at, begun) = (gw.sources.now(), Instant::now());
        Self { gw: gw.clone(), at, begun, body: ReadBody::default(), call: None, turned_away: None }
    }

    /// The call is one of this directory's.
    pub(super) fn of(&mut self, who: &DirectoryCaller, template: Template, rest: &str, request: &Parts) {
        self.begin_call(who.org, who.directory.src, template, rest, request);
        if let Some(call) = &mut self.call {
            call.caller = Some(who.credential.clone());
        }
    }

    /// The call asked for a token for a client of this directory.
    pub(super) fn of_client(&mut self, named: Named, refusal: Option<Refusal>, template: Template, request: &Parts) {
        self.begin_call(named.org, named.src, template, template.path, request);
        let Some(call) = &mut self.call else { return };
        // The query is none of this endpoint's, and may hold anything.
        (call.query, call.refusal) = (None, refusal);
        match named.proof {
            Ok(()) => call.caller = Some(named.client),
            Err(why) => {
                call.refusal = refusal.or(Some(Refusal::NotProved));
                call.hint = Some(format!("client {}: {why}", named.client.label));
                self.turned_away = Some(named.directory);
            }
        }
    }

    /// The call was turned away at the door.
    pub(super) fn turned_away(&mut self, turned: &TurnedAway, template: Template, rest: &str, request: &Parts) {
        self.begin_call(turned.org, turned.src, template, rest, request);
        self.turned_away = Some(turned.directory);
        if let Some(call) = &mut self.call {
            call.refusal = Some(turned.why);
            call.hint.clone_from(&turned.hint);
            call.caller.clone_from(&turned.caller);
        }
    }

    fn begin_call(&mut self, org: OrgNo, src: SourceNo, template: Template, rest: &str, request: &Parts) {
        if !self.gw.scim_log.is_on() {
            return;
        }
        let text = |name| request.headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok());
        self.call = Some(Call {
            org,
            src,
            at: self.at,
            took: std::time::Duration::ZERO,
            method: request.method.as_str().chars().take(16).collect(),
            path: template.path,
            resource: template.resource,
            address: rest.to_owned(),
            query: request.uri.query().map(str::to_owned),
            precondition: text(header::IF_MATCH).map(str::to_owned),
            status: 0,
            scim_type: None,
            refusal: None,
            hint: None,
            request: self.gw.request.clone(),
            caller: None,
            agent: text(header::USER_AGENT).map(Call::agent),
            body: None,
            answer: None,
            applied: Applied::default(),
            skipped: Vec::new(),
        });
    }

    /// The call was answered.
    pub(super) fn end(mut self, sent: Sent) {
        let Some(mut call) = self.call.take() else { return };
        call.status = sent.status.as_u16();
        call.scim_type = sent.scim_type;
        call.answer = sent.body.as_ref().map(KeptBody::of);
        call.applied = sent.told.applied;
        call.skipped = sent.told.skipped;
        self.push(call);
    }

    fn push(&self, mut call: Call) {
        call.took = self.begun.elapsed();
        call.body = self.body.for_log();
        match self.turned_away {
            Some(directory) => self.gw.scim_log.push_turned_away(directory, call),
            None => self.gw.scim_log.push(call),
        }
    }
}

/// A call that is dropped on its way has an entry as well.
impl Drop for Recorder {
    fn drop(&mut self) {
        if let Some(mut call) = self.call.take() {
            call.refusal = Some(Refusal::BrokenOff);
            self.push(call);
        }
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
    pub(super) caller: Option<crate::service::scim_log::Credential>,
}
