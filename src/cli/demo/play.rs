//! The steps, in their order. A step that fails ends nothing; those that need it fail too.

use super::people::{ADA, ADMINS, BEN, CLEO, LENA, NORTH};
use super::sign_in::{by_password, claims, said, short, through};
use super::told::{Seen, Told};
use super::world::World;
use crate::domain::enforcement::Enforcement;
use crate::lab::api_client::ApiClient;
use crate::lab::browser::Browser;
use crate::lab::scim_client::{Dialect, IdpScimClient, Profile, PushedGroup, Reply};
use crate::service::console::{organizations, tokens, why};
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

/// Plays everything, each step told as soon as it is judged.
pub(super) async fn play(world: &World, told: &mut Told) -> std::io::Result<()> {
    let mut ben = Ben::default();
    told.step("The IdP pushes people and groups over SCIM", &push(world, &mut ben).await)?;
    told.step("Groups became roles in clients", &mapped(world).await)?;
    told.step("Ada signs in through SAML and is in the panel app", &saml(world).await)?;
    told.step("Ben signs in through OpenID Connect", &openid(world, &mut ben).await)?;
    told.step("Lena, a local person, signs in with her password", &password(world).await)?;
    told.step("Sign-in through the company is enforced: Lena's password is refused", &enforced(world).await)?;
    told.step("The IdP's fields are read-only here", &locked(world).await)?;
    told.step("The IdP deactivates Ben: his open sessions end at the next request", &deactivated(world, ben).await)
}

/// The one who leaves the company.
#[derive(Default)]
struct Ben {
    /// His id at our SCIM door.
    id: Option<String>,
    /// His browser, signed in.
    browser: Option<Browser>,
}

fn scim(world: &World, dialect: Dialect) -> anyhow::Result<IdpScimClient> {
    Ok(IdpScimClient::new(&world.scim_base, world.scim_token.clone(), dialect, world.sources.clone())?)
}

fn profile(world: &World, user_name: &str) -> anyhow::Result<Profile> {
    Ok(Profile::from(&world.idp.person(user_name)?))
}

async fn push(world: &World, ben: &mut Ben) -> Seen {
    let (okta, entra) = (scim(world, Dialect::Okta)?, scim(world, Dialect::Entra)?);
    let ada = push_user(world, &okta, ADA).await?;
    let leaver = push_user(world, &entra, BEN).await?;
    let cleo = push_user(world, &okta, CLEO).await?;
    push_group(&okta, ADMINS, &[ada]).await?;
    push_group(&entra, NORTH, &[leaver.clone(), cleo]).await?;
    ben.id = Some(leaver);
    Ok("3 users and 2 groups in Okta's and Entra's shapes, read back as pushed".to_owned())
}

fn right(reply: &Reply, statuses: &[u16]) -> anyhow::Result<()> {
    ensure!(statuses.contains(&reply.status), "{} answered {}: {}", reply.request, reply.status, reply.body);
    Ok(())
}

async fn push_user(world: &World, client: &IdpScimClient, user_name: &str) -> anyhow::Result<String> {
    right(&client.find_user(user_name).await?, &[200])?;
    let created = client.create_user(&profile(world, user_name)?).await?;
    right(&created, &[201])?;
    let id = created.id().context("no id came back")?.to_owned();
    let read = client.get_user(&id).await?;
    let same = read.body["userName"] == user_name && read.body["active"] == json!(true);
    ensure!(same, "{user_name} is read back as {}", read.body);
    Ok(id)
}

async fn push_group(client: &IdpScimClient, name: &str, members: &[String]) -> anyhow::Result<()> {
    let created = client.create_group(name, &format!("00g-{name}")).await?;
    right(&created, &[201])?;
    let id = created.id().context("no id came back")?.to_owned();
    let mut group = PushedGroup { id, name: name.to_owned(), members: Vec::new() };
    right(&client.add_members(&mut group, members).await?, &[200, 204])?;
    let read = client.get_group(&group.id).await?;
    let mut pushed = members.to_vec();
    pushed.sort();
    ensure!(read.members() == pushed, "{name} is read back with {:?}", read.members());
    Ok(())
}

async fn mapped(world: &World) -> Seen {
    let card = |email| why::cards(&world.gateway, "acme", email);
    let ada = card(ADA).await?.first().map(ToString::to_string).unwrap_or_default();
    let ben = card(BEN).await?.first().map(ToString::to_string).unwrap_or_default();
    ensure!(ada.contains(ADMINS) && ada.contains("msp_admin"), "Ada's why-card: {ada}");
    let pattern = ben.contains(NORTH) && ben.contains("panel-{client}-users");
    ensure!(pattern && ben.contains("msp_user") && ben.contains("north"), "Ben's why-card: {ben}");
    Ok(format!("{ADMINS} → msp_admin; {NORTH} → msp_user in north, by panel-{{client}}-users"))
}

async fn saml(world: &World) -> Seen {
    let mut browser = through(world, ADA, &world.saml_login).await?;
    let claims = claims(world, &mut browser).await?;
    expect(&claims, ADA, "msp_admin", &json!("all"))?;
    Ok(said(&claims))
}

async fn openid(world: &World, ben: &mut Ben) -> Seen {
    let mut browser = through(world, BEN, &world.oidc_login).await?;
    let claims = claims(world, &mut browser).await?;
    expect(&claims, BEN, "msp_user", &json!(["north"]))?;
    let verified = browser.fetch(&format!("{}/auth/verify", world.base)).await?;
    ensure!(verified.status == 200, "/auth/verify answers {}", verified.status);
    ben.browser = Some(browser);
    Ok(said(&claims))
}

async fn password(world: &World) -> Seen {
    let mut browser = by_password(world, LENA, &world.secrets.lena).await?;
    let claims = claims(world, &mut browser).await?;
    expect(&claims, LENA, "msp_user", &json!(["south"]))?;
    Ok(said(&claims))
}

fn expect(claims: &Value, email: &str, role: &str, clients: &Value) -> anyhow::Result<()> {
    let right = claims["email"] == email && claims["org"]["slug"] == "acme" && claims["role"] == role;
    let granted = claims["grants"].as_array().into_iter().flatten().any(|grant| grant["clients"] == *clients);
    ensure!(right && granted, "{email} should be {role} in {clients}: {claims}");
    Ok(())
}

async fn enforced(world: &World) -> Seen {
    organizations::enforce(&world.gateway, "acme", Enforcement::Enforced).await?;
    let mut browser = Browser::new(world.sources.clone())?;
    let login = format!("{}/login", world.base);
    let page = browser.post_form(&login, &[("email", LENA), ("password", &world.secrets.lena)]).await?;
    let refused = page.status == 403 && page.text().contains("Sign in with your company");
    ensure!(refused, "POST /login answers {}: {}", page.status, short(&page));
    Ok("403, \"Sign in with your company\"".to_owned())
}

async fn locked(world: &World) -> Seen {
    let org = organizations::of_slug(&world.gateway, "acme").await?;
    let (_, token) = tokens::create(&world.gateway, org, "demo").await?;
    let api = ApiClient::new(&format!("{}/api/v1/organizations/acme", world.base), token)?;
    let (status, list) = api.get("/users").await?;
    ensure!(status == 200, "the list of users answers {status}");
    let people = list["users"].as_array().map(Vec::as_slice).unwrap_or_default();
    let cleo = people.iter().find(|user| user["email"] == CLEO).and_then(|user| user["id"].as_str());
    let cleo = cleo.context("a pushed person is not in the list of users")?;
    let change = json!({ "email": "cleo@elsewhere.test" });
    let (status, problem) = api.patch(&format!("/users/{cleo}"), &change).await?;
    let refused = status == 409 && problem["code"] == "field_locked";
    ensure!(refused && problem.to_string().contains("managed by"), "the change answers {status}: {problem}");
    Ok(format!("409 field_locked: {}", problem["why"].as_str().or(problem["detail"].as_str()).unwrap_or_default()))
}

async fn deactivated(world: &World, ben: Ben) -> Seen {
    let id = ben.id.context("Ben was not pushed")?;
    let mut browser = ben.browser.context("Ben is not signed in")?;
    let entra = scim(world, Dialect::Entra)?;
    right(&entra.deactivate(&id, &profile(world, BEN)?).await?, &[200, 204])?;
    let panel = browser.fetch(&format!("{}/whoami", world.panel.base_url())).await?;
    ensure!(panel.status == 401, "the panel app still answers {}", panel.status);
    let verified = browser.fetch(&format!("{}/auth/verify", world.base)).await?;
    ensure!(verified.status == 401, "/auth/verify still answers {}", verified.status);
    world.idp.remove_person(BEN);
    Ok("the panel app and /auth/verify both answer 401".to_owned())
}
