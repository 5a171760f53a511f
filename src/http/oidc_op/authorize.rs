//! `/oauth2/authorize`: the browser comes from an app and goes back with a code.

use super::answer::{Refusal, see_other};
use crate::http::session::MaybeSignedIn;
use crate::protocol::oauth::Params;
use crate::service::Gateway;
use crate::service::issuing::{self, Next};
use axum::extract::{RawForm, State};
use axum::response::Response;

pub(super) async fn authorize(
    State(gw): State<Gateway>,
    MaybeSignedIn(browser): MaybeSignedIn,
    RawForm(form): RawForm,
) -> Result<Response, Refusal> {
    let next = issuing::authorize(&gw, &Params::parse(&form), browser.as_ref()).await?;
    Ok(match next {
        Next::App(address) | Next::SignIn(address) => see_other(&address),
    })
}
