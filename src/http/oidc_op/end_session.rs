//! `/oauth2/end-session`: an app sends the browser to sign out.

use super::answer::{Refusal, see_other};
use super::page;
use crate::http::session::MaybeSignedIn;
use crate::http::signing_in;
use crate::protocol::oauth::Params;
use crate::service::Gateway;
use crate::service::issuing::{self, EndSession, Ended};
use axum::extract::{RawForm, State};
use axum::http::{HeaderMap, Method};
use axum::response::Response;

/// The button of our own page.
pub(super) const CONFIRM: &str = "sign_out";

pub(super) async fn ask(
    State(gw): State<Gateway>,
    method: Method,
    MaybeSignedIn(browser): MaybeSignedIn,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Result<Response, Refusal> {
    let params = Params::parse(&form);
    let yes = method == Method::POST && params.one(CONFIRM).is_ok_and(|yes| yes == Some("yes"));
    let confirmed = yes && from_our_page(&gw, &headers);
    let asked = EndSession { params: &params, browser: browser.as_ref(), confirmed };
    let mut response = match issuing::end_session(&gw, asked).await? {
        Ended::Ask => return Ok(page::confirm_sign_out(&params)),
        Ended::Over(Some(address)) => see_other(&address),
        Ended::Over(None) => page::signed_out(),
    };
    signing_in::leave(&gw, &mut response);
    Ok(response)
}

/// Whether the browser says that the form was ours: another site must not press the button for the person.
fn from_our_page(gw: &Gateway, headers: &HeaderMap) -> bool {
    let says = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    says("origin") == Some(gw.urls.origin()) || says("sec-fetch-site") == Some("same-origin")
}
