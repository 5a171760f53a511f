//! SCIM 2.0 for IdPs: `/scim/v2/{directory_id}/…` (RFC 7644).
//!
//! Owns routing, media types and statuses. The caller is proved before anything else is looked at, and every answer
//! below the base, refusals included, is SCIM JSON.

mod answer;
mod body;
mod bulk;
mod caller;
mod catalogue;
mod dialect;
mod discovery;
mod incoming;
mod me;
mod parameters;
mod record;
mod replay;
mod resources;
mod search;
mod token;

use crate::base::urls::SCIM_TOKEN_PATH;
use crate::http::edge::{RequestId, Room};
use crate::protocol::scim::catalogue::Catalogue;
use crate::protocol::scim::error::{ScimError, ScimType};
use crate::protocol::scim::profile::{Applied, Quirk};
use crate::protocol::scim::schema::{RESOURCE_TYPES, ResourceType};
use crate::service::Gateway;
use answer::{Answer, ScimFault};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use axum::routing::{get, post};
use caller::{Counted, ScimCaller};
use incoming::Incoming;
use percent_encoding::percent_decode_str;
use record::{Recorder, Template};

pub use replay::replay;

/// The routes beside the directories' own addresses, which are [`ScimRoom`]'s.
pub fn routes() -> Router<Gateway> {
    Router::new()
        .route("/scim/oauth/token", post(token::token))
        .route("/.well-known/oauth-authorization-server/scim", get(token::metadata))
}

/// Every address below `/scim/` but the token endpoint's.
pub struct ScimRoom(Gateway);

impl ScimRoom {
    /// How the log names its addresses.
    pub const NAMES: [&'static str; 3] =
        ["/scim/v2/{directory}", "/scim/v2/{directory}/{*rest}", "/scim/{version}/{*rest}"];

    /// The room of this gateway.
    pub fn of(gateway: Gateway) -> Self {
        Self(gateway)
    }
}

impl Room for ScimRoom {
    fn names(&self, path: &str) -> Option<&'static str> {
        let below = path.strip_prefix(ROOT).filter(|_| path != SCIM_TOKEN_PATH)?;
        let [base, beneath, elsewhere] = Self::NAMES;
        Some(match Place::of(below) {
            Place::Base(..) => base,
            Place::Below(..) => beneath,
            Place::Elsewhere(..) => elsewhere,
        })
    }

    async fn answer(&self, request: Request) -> Response {
        let gw = within(self.0.clone(), &request);
        let (head, body) = request.into_parts();
        if head.method == Method::OPTIONS {
            return Answer::empty(StatusCode::NO_CONTENT).into_response(answer::media_of(&head.headers)).0;
        }
        match Place::of(head.uri.path().strip_prefix(ROOT).unwrap_or_default()) {
            Place::Base(directory) => door(gw, directory, "", &head, body).await,
            Place::Below(directory, rest) => door(gw, directory, rest, &head, body).await,
            Place::Elsewhere(version) => {
                elsewhere(version).into_answer().into_response(answer::media_of(&head.headers)).0
            }
        }
    }

    fn media(&self, headers: &HeaderMap) -> &'static str {
        answer::media_of(headers)
    }

    fn words(&self, status: StatusCode, media: &'static str) -> Response {
        dialect::words(status).into_answer().into_response(media).0
    }
}

/// What all addresses of the room begin with.
const ROOT: &str = "/scim/";

/// Where an address leads; its steps are still as they were sent.
enum Place<'a> {
    /// The base of a directory.
    Base(&'a str),
    /// Something below it.
    Below(&'a str, &'a str),
    /// Another version of the protocol, or nothing.
    Elsewhere(&'a str),
}

impl<'a> Place<'a> {
    fn of(path: &'a str) -> Self {
        let (version, below) = path.split_once('/').unwrap_or((path, ""));
        match below.split_once('/') {
            _ if version != "v2" || below.is_empty() => Self::Elsewhere(version),
            Some((directory, rest)) if !rest.is_empty() => Self::Below(directory, rest),
            Some((directory, _)) => Self::Base(directory),
            None => Self::Base(below),
        }
    }
}

/// Another version of the protocol is told so, to anybody (RFC 7644 §3.13); what is no version is not there.
fn elsewhere(version: &str) -> ScimFault {
    let digits = version.strip_prefix('v').unwrap_or_default();
    let other = !digits.is_empty() && version != "v2" && digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    if other {
        let detail = "This version of SCIM is not served; use v2 in the address, as in /scim/v2/{directory}/Users.";
        return ScimError::bad(ScimType::InvalidVers, detail).into();
    }
    nowhere()
}

/// Proves the caller, then goes where the address leads; slashes too many are passed over (`//Users`, `Users/`). The
/// log is told of it, however it ends.
async fn door(gw: Gateway, directory: &str, rest: &str, head: &Parts, body: Body) -> Response {
    let media = answer::media_of(&head.headers);
    let decoded = |step| percent_decode_str(step).decode_utf8();
    let (Ok(directory), Ok(rest)) = (decoded(directory), decoded(rest)) else {
        return dialect::words(StatusCode::BAD_REQUEST).into_answer().into_response(media).0;
    };
    let address = Address::of(&rest);
    let recorder = Recorder::begin(&gw, head, address.template(), &rest);
    let mut call = DirectoryCall { gw: &gw, directory: &directory, address, rest: &rest, head, recorder };
    let answer = call.answer(body).await;
    let (response, sent) = answer.unwrap_or_else(ScimFault::into_answer).into_response(media);
    call.recorder.end(&sent);
    response
}

/// The gateway at work for this request, whose id stands in what it writes.
fn within(gw: Gateway, request: &Request) -> Gateway {
    match request.extensions().get::<RequestId>() {
        Some(id) => gw.within(id.0.clone()),
        None => gw,
    }
}

/// A call below the base of a directory.
struct DirectoryCall<'a> {
    gw: &'a Gateway,
    directory: &'a str,
    address: Address,
    rest: &'a str,
    head: &'a Parts,
    recorder: Recorder<'a>,
}

impl DirectoryCall<'_> {
    async fn answer(&mut self, body: Body) -> Result<Answer, ScimFault> {
        let (gw, head, rest) = (self.gw, self.head, self.rest);
        let read = self.recorder.body.clone();
        let call = |body| Incoming { head, body, read: read.clone() };
        if let Some(person) = me::subject(gw, self.directory, &self.address, &head.headers).await? {
            self.recorder.of(&person.view);
            return Box::pin(me::go(gw, person, call(body))).await;
        }
        if self.address.confirms(&head.method)
            && let Some(who) = caller::recall(gw, self.directory, &head.headers)
        {
            self.recorder.of(&who);
            let fault = match proved(gw, &who, &self.address, rest, call(body)).await {
                Ok(answer) => return Ok(answer),
                Err(fault) => fault,
            };
            // A refusal was perhaps made before anything confirmed who calls; and what is stale is to be done again.
            let anew = self.prove(Counted::Yes).await?;
            if !fault.is_stale() {
                return Err(fault);
            }
            return proved(gw, &anew, &self.address, rest, call(read.again())).await;
        }
        let who = self.prove(Counted::NotYet).await?;
        proved(gw, &who, &self.address, rest, call(body)).await
    }

    async fn prove(&mut self, counted: Counted) -> Result<ScimCaller, ScimFault> {
        match caller::prove(self.gw, self.directory, &self.head.headers, counted).await {
            Ok(who) => {
                self.recorder.of(&who);
                Ok(who)
            }
            Err(stopped) => {
                if let Some(turned_away) = stopped.turned_away {
                    self.recorder.turned_away(turned_away);
                }
                Err(stopped.fault)
            }
        }
    }
}

/// What a caller that is proved gets.
async fn proved(
    gw: &Gateway,
    who: &ScimCaller,
    address: &Address,
    rest: &str,
    call: Incoming<'_>,
) -> Result<Answer, ScimFault> {
    let mut applied = Applied::default();
    if call.head.uri.path().contains("//") || rest.ends_with('/') {
        applied.allow(who.profile, Quirk::PathSlashes);
    }
    Ok(go(gw, who, address, call).await?.noting(&applied))
}

/// Where an address below the base leads.
enum Address {
    Resources(ResourceType, Option<String>),
    Search(Vec<ResourceType>),
    Root,
    Bulk,
    Discovery(Vec<String>),
    Listed(Catalogue, Option<String>),
    Me,
    Nowhere,
}

impl Address {
    fn of(rest: &str) -> Self {
        let steps: Vec<&str> = rest.split('/').filter(|step| !step.is_empty()).collect();
        let named = |kind: ResourceType, steps: &[&str]| match steps {
            [] => Self::Resources(kind, None),
            [".search"] => Self::Search(vec![kind]),
            [id] => Self::Resources(kind, Some((*id).to_owned())),
            _ => Self::Nowhere,
        };
        match steps.as_slice() {
            ["Users", rest @ ..] => named(ResourceType::User, rest),
            ["Groups", rest @ ..] => named(ResourceType::Group, rest),
            ["ServiceProviderConfig" | "ResourceTypes" | "Schemas", ..] => {
                Self::Discovery(steps.iter().map(|step| (*step).to_owned()).collect())
            }
            ["Roles"] => Self::Listed(Catalogue::Roles, None),
            ["Roles", id] => Self::Listed(Catalogue::Roles, Some((*id).to_owned())),
            ["Entitlements"] => Self::Listed(Catalogue::Entitlements, None),
            ["Entitlements", id] => Self::Listed(Catalogue::Entitlements, Some((*id).to_owned())),
            [] => Self::Root,
            [".search"] => Self::Search(RESOURCE_TYPES.to_vec()),
            ["Bulk"] => Self::Bulk,
            ["Me"] => Self::Me,
            _ => Self::Nowhere,
        }
    }
}

impl Address {
    /// Whether what is here is answered from a unit of work that confirms a remembered proof of the caller. A route that
    /// does not must not be listed: it would let in who was let out.
    fn confirms(&self, method: &Method) -> bool {
        match self {
            Self::Resources(ResourceType::User, None) | Self::Resources(_, Some(_)) | Self::Search(_) | Self::Root => {
                true
            }
            Self::Resources(ResourceType::Group, None) => method != Method::POST,
            Self::Bulk | Self::Discovery(_) | Self::Listed(..) | Self::Me | Self::Nowhere => false,
        }
    }

    /// How the log names it.
    fn template(&self) -> Template {
        let path = match self {
            Self::Resources(ResourceType::User, None) => "/Users",
            Self::Resources(ResourceType::User, Some(_)) => "/Users/{id}",
            Self::Resources(ResourceType::Group, None) => "/Groups",
            Self::Resources(ResourceType::Group, Some(_)) => "/Groups/{id}",
            Self::Search(kinds) => match kinds.as_slice() {
                [ResourceType::User] => "/Users/.search",
                [ResourceType::Group] => "/Groups/.search",
                _ => "/.search",
            },
            Self::Root => "/",
            Self::Bulk => "/Bulk",
            Self::Discovery(steps) => match steps.first().map(String::as_str) {
                Some("Schemas") => "/Schemas",
                Some("ResourceTypes") => "/ResourceTypes",
                _ => "/ServiceProviderConfig",
            },
            Self::Listed(Catalogue::Roles, None) => "/Roles",
            Self::Listed(Catalogue::Roles, Some(_)) => "/Roles/{value}",
            Self::Listed(Catalogue::Entitlements, None) => "/Entitlements",
            Self::Listed(Catalogue::Entitlements, Some(_)) => "/Entitlements/{value}",
            Self::Me => "/Me",
            Self::Nowhere => "elsewhere",
        };
        let resource = match self {
            Self::Resources(_, Some(id)) => id.parse().ok(),
            _ => None,
        };
        Template { path, resource }
    }
}

/// What is rare and large is boxed, here and where `/Me` begins: whoever asks for something else would have the room for it
/// in its own future, which is copied when a request begins.
async fn go(gw: &Gateway, who: &ScimCaller, address: &Address, call: Incoming<'_>) -> Result<Answer, ScimFault> {
    match address {
        Address::Resources(kind, id) => resources::go(gw, who, *kind, id.as_deref(), call).await,
        Address::Search(kinds) => search::post(gw, who, kinds.clone(), call).await,
        Address::Root => search::root(gw, who, call).await,
        Address::Bulk => Box::pin(bulk::go(gw, who, call)).await,
        Address::Discovery(steps) => discovery::go(gw, who, steps, call.method(), call.query()).await,
        Address::Listed(which, id) => match catalogue::dialect_of(who) {
            Some(dialect) => catalogue::go(gw, who, dialect, *which, id.as_deref(), call).await,
            None => Err(nowhere()),
        },
        Address::Me => Err(ScimFault::plain(StatusCode::NOT_IMPLEMENTED, "/Me: a directory's token is no person's.")),
        Address::Nowhere => Err(nowhere()),
    }
}

fn nowhere() -> ScimFault {
    ScimFault::plain(
        StatusCode::NOT_FOUND,
        "There is nothing at this address; use /Users, /Groups, /ServiceProviderConfig, /ResourceTypes or /Schemas.",
    )
}

/// 405 with what is allowed (RFC 9110 §15.5.6).
fn not_allowed(allowed: &'static str) -> ScimFault {
    ScimFault::plain(StatusCode::METHOD_NOT_ALLOWED, format!("This address takes {allowed}."))
        .with(header::ALLOW, allowed)
}
