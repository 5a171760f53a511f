//! The token endpoint: a code or a refresh token gives tokens.

use super::{IssuingError, code, proved, refresh};
use crate::base::ids::{FamilyId, OrgNo};
use crate::base::token::{Minted, TokenKind};
use crate::domain::audit::{Actor, Deed};
use crate::protocol::oauth::{Params, TokenRequest};
use crate::service::Gateway;
use crate::store::AppRow;
use crate::store::signed_in::Holder;
use crate::store::tokens::{self, NewToken, Use};
use crate::store::{Done, StoreError};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde_json::json;

/// What an app gets for a code or a refresh token. Printing it shows no token.
#[derive(Debug)]
pub struct Tokens {
    /// Asks about the person.
    pub access_token: SecretString,
    /// How many seconds it lasts.
    pub expires_in: i64,
    /// Gets the next tokens, once.
    pub refresh_token: SecretString,
    /// Says who signed in.
    pub id_token: SecretString,
    /// The scopes, separated by spaces.
    pub scope: String,
}

/// Answers a token request of an app that proves itself.
///
/// # Errors
/// [`IssuingError::Token`] for what the app must be told; otherwise a failure of ours.
pub async fn token(gw: &Gateway, authorization: Option<&str>, params: &Params) -> Result<Tokens, IssuingError> {
    let app = proved(gw, authorization, params).await?;
    match TokenRequest::parse(params)? {
        TokenRequest::Code { code, redirect_uri, verifier } => {
            code::exchange(gw, &app, &code, &redirect_uri, &verifier).await
        }
        TokenRequest::Refresh { token, scope } => refresh::rotate(gw, &app, &token, scope.as_deref()).await,
    }
}

/// What a new token hangs on.
pub(super) struct Ground<'a> {
    pub(super) app: &'a AppRow,
    pub(super) family: FamilyId,
    pub(super) holder: &'a Holder,
    pub(super) scope: &'a str,
    pub(super) now: DateTime<Utc>,
}

impl Ground<'_> {
    /// The row of a token. No token outlives the session that it came from.
    pub(super) fn row(&self, kind: Use, minted: &Minted, until: DateTime<Utc>) -> NewToken {
        NewToken {
            hash: minted.hash,
            kind,
            app: self.app.id,
            family: self.family,
            person: self.holder.person.id,
            session: self.holder.session,
            epoch: self.holder.person.epoch,
            scope: self.scope.to_owned(),
            created: self.now,
            until: until.min(self.holder.until),
        }
    }

    /// A new access token with its row.
    pub(super) fn access(&self, gw: &Gateway, org: OrgNo) -> (Minted, NewToken) {
        let minted = gw.mint.mint(&gw.sources, TokenKind::Access, org);
        let row = self.row(Use::Access, &minted, self.now + gw.settings.access_token);
        (minted, row)
    }
}

/// Somebody used a code or refresh token twice: everything that came from it ends.
pub(super) async fn end_replayed(
    gw: &Gateway,
    org: OrgNo,
    app: &AppRow,
    family: FamilyId,
    holder: &Holder,
) -> Result<(), StoreError> {
    let body = json!({ "app": app.key, "session": holder.session.to_string() });
    let record = gw.record(&Actor::App(app.id), Deed::AppReplayRefused, Some(holder.person.id.to_string()), body);
    gw.store
        .write(org, async move |tx| {
            tokens::end_family(tx, family).await?;
            Ok(Done::of(()).and(record.clone()))
        })
        .await
}
