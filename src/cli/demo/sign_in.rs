//! One person at a browser, from the panel app to the panel app.

use super::world::World;
use crate::lab::browser::{Browser, Page};
use anyhow::{Context as _, ensure};
use serde_json::Value;

/// Begins at the panel app, types the e-mail, takes the door at `login_url` and comes back to the panel app.
pub(super) async fn through(world: &World, email: &str, login_url: &str) -> anyhow::Result<Browser> {
    world.idp.sign_in(email)?;
    let mut browser = Browser::new(world.sources.clone())?;
    browser.open(&format!("{}/login", world.panel.base_url())).await?;
    browser.submit(&[("email", email)]).await.context("the sign-in page does not take an e-mail")?;
    let choice = browser.follow().await?;
    let path = login_url.strip_prefix(&world.base).unwrap_or(login_url);
    take(&mut browser, &choice, path).await?;
    land(world, browser).await
}

/// The button or link of one connection.
async fn take(browser: &mut Browser, page: &Page, path: &str) -> anyhow::Result<()> {
    if page.links().iter().any(|link| link.href.contains(path)) {
        browser.click(path).await?;
        return Ok(());
    }
    let forms = page.forms();
    let form = forms.iter().find(|form| form.action.contains(path));
    let button = form.and_then(|form| form.buttons.first());
    let button = button.with_context(|| format!("no button leads to {path} (status {})", page.status))?;
    browser.press(if button.text.is_empty() { &button.value } else { &button.text }).await?;
    Ok(())
}

/// With e-mail and password, and on to the panel app.
pub(super) async fn by_password(world: &World, email: &str, password: &str) -> anyhow::Result<Browser> {
    let mut browser = Browser::new(world.sources.clone())?;
    browser.open(&format!("{}/login", world.panel.base_url())).await?;
    let page = browser.submit(&[("email", email)]).await?;
    let refused = || format!("the password is not taken (status {})", page.status);
    let action = page.url.to_string();
    let answer = browser.post_form(&action, &[("email", email), ("password", password)]).await?;
    ensure!(answer.status == 303, "{}: {}", refused(), answer.status);
    browser.follow().await?;
    browser.open(&format!("{}/login", world.panel.base_url())).await?;
    land(world, browser).await
}

async fn land(world: &World, mut browser: Browser) -> anyhow::Result<Browser> {
    let page = browser.settle().await?;
    let panel = world.panel.base_url();
    let there = page.url.as_str().starts_with(&format!("{panel}/")) && page.status == 200;
    ensure!(
        there,
        "the browser ended at {}{} (status {}): {}",
        page.url.authority(),
        page.url.path(),
        page.status,
        short(&page)
    );
    Ok(browser)
}

/// What the page says, in a line.
pub(super) fn short(page: &Page) -> String {
    page.text().chars().take(160).collect()
}

/// What the panel app learns of its session; the page shows it all to the person.
pub(super) async fn claims(world: &World, browser: &mut Browser) -> anyhow::Result<Value> {
    let page = browser.fetch(&format!("{}/whoami", world.panel.base_url())).await?;
    ensure!(page.status == 200, "the panel app's session is refused (status {})", page.status);
    let claims = page.json();
    let shown = browser.open(&format!("{}/", world.panel.base_url())).await?.text();
    for value in ["/name", "/email", "/org/slug", "/role"] {
        let said = claims.pointer(value).and_then(Value::as_str).unwrap_or_default();
        ensure!(!said.is_empty() && shown.contains(said), "the panel app's page does not show {value}");
    }
    let grants = claims["grants"].as_array().map(Vec::as_slice).unwrap_or_default();
    ensure!(!grants.is_empty(), "no grants in the claims");
    for (feature, level) in grants.iter().flat_map(|grant| grant["permissions"].as_object()).flatten() {
        let level = level.as_str().unwrap_or_default();
        ensure!(shown.contains(&format!("{feature} {level}")), "the panel app's page does not show {feature} {level}");
    }
    Ok(claims)
}

/// The claims in a line.
pub(super) fn said(claims: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    let grants: Vec<String> = claims["grants"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|grant| format!("{} in {}: {}", text(&grant["role"]), grant["clients"], grant["permissions"]))
        .collect();
    let (name, org, role) = (text(&claims["name"]), text(&claims["org"]["slug"]), text(&claims["role"]));
    format!("{name} of {org}, {role}; {}", grants.join("; "))
}
