//! A database with organizations, a server on it, and the model of what its requests write.

use crate::client::{Client, Door};
use crate::model::snapshot::{self, Snapshot};
use crate::model::{self, Specimen, Unit, names};
use crate::place::{Database, Place, Server};
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use std::time::Duration;

/// Rows that each kind of request writes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Units {
    /// `POST /Users`.
    pub(crate) create: Unit,
    /// `PATCH` of a group that is mapped to a role, which adds somebody.
    pub(crate) join: Unit,
    /// `PATCH` that deactivates.
    pub(crate) deactivate: Unit,
    /// `PATCH` that reactivates.
    pub(crate) reactivate: Unit,
    /// `PATCH` of a title.
    pub(crate) retitle: Unit,
}

/// All of it. Ends with its value.
pub(crate) struct Stage<'a> {
    /// Where it takes place.
    pub(crate) place: &'a Place,
    /// The database.
    pub(crate) database: Database,
    /// The first organization's model.
    pub(crate) units: Units,
    /// The path of a group that gives a role: the specimen is in it, and who is loaded as mapped.
    pub(crate) mapped: String,
    doors: Vec<Door>,
    specimen: Specimen,
    server: Option<Server>,
    level: &'a str,
}

impl<'a> Stage<'a> {
    /// Makes organizations on a new database and learns from the first what requests write.
    pub(crate) async fn set(place: &'a Place, organizations: usize, level: &'a str) -> anyhow::Result<Self> {
        let database = place.database().await?;
        let doors = Server::apply(&database, place.folder(), organizations)?;
        let specimen = Specimen { resource: Vec::new(), person: Vec::new() };
        let units = Units::default();
        let mapped = String::new();
        let mut stage = Self { place, database, units, mapped, doors, specimen, server: None, level };
        stage.start()?;
        stage.learn().await?;
        Ok(stage)
    }

    /// Starts the server, anew.
    pub(crate) fn start(&mut self) -> anyhow::Result<()> {
        self.server = None;
        let server = Server::start(&self.database, self.place.folder(), self.level)?;
        self.doors.iter_mut().for_each(|door| door.address.clone_from(&server.address));
        self.server = Some(server);
        Ok(())
    }

    /// Stops the server.
    pub(crate) fn stop(&mut self) {
        self.server = None;
    }

    /// The server.
    pub(crate) fn server(&self) -> anyhow::Result<&Server> {
        self.server.as_ref().context("the server is stopped")
    }

    /// How to get into the `n`th organization's directory.
    pub(crate) fn door(&self, n: usize) -> &Door {
        &self.doors[n]
    }

    /// CPU time of server and database so far.
    pub(crate) fn cpu(&self) -> anyhow::Result<(Duration, Duration)> {
        let database = match self.place.cluster() {
            Some(cluster) => crate::place::Used::family(cluster.pid()?),
            None => Duration::ZERO,
        };
        Ok((self.server()?.used().cpu, database))
    }

    /// A copy of the database as it is now, for the raw engine. The server is stopped and started.
    pub(crate) async fn copy(&mut self) -> anyhow::Result<Database> {
        self.stop();
        let copy = self.place.copy(&self.database).await?;
        self.start()?;
        Ok(copy)
    }

    /// Loads users into the first organization and looks at some of them through the server. Perhaps they are `mapped`:
    /// in a group that gives them a role.
    pub(crate) async fn load(&mut self, from: usize, to: usize, mapped: bool) -> anyhow::Result<()> {
        self.stop();
        let units = if mapped { vec![&self.units.create, &self.units.join] } else { vec![&self.units.create] };
        model::load(&self.database, &units, from, to).await?;
        self.start()?;
        let mut client = Client::connect(&self.doors[0]).await?;
        let path = format!("/Users/{}", names::hyphenated(&self.specimen.resource));
        let made = String::from_utf8(client.call("GET", &path, "", 200).await?.to_vec())?;
        // The specimen has been changed since it was made.
        let plain = |text: &str| -> anyhow::Result<Value> {
            let mut user: Value = serde_json::from_str(text)?;
            user["meta"] = json!({"location": user["meta"]["location"]});
            if !mapped && let Some(user) = user.as_object_mut() {
                user.remove("groups");
            }
            Ok(user)
        };
        for n in [from, from.midpoint(to), to - 1] {
            let (login, id) = (names::login(n), names::resource(n));
            let found = client.json("GET", &by_name(&login), "", 200).await?;
            let expected = plain(&self.specimen.as_other(&made, &login, &id))?;
            let user = plain(&found["Resources"][0].to_string())?;
            ensure!(user == expected, "loaded user {n} is seen as {user}, expected {expected}");
            let page = client.json("GET", &format!("/Users?startIndex={}&count=1", n + 1), "", 200).await?;
            ensure!(
                page["totalResults"] == json!(to + 1),
                "{} users are counted, not {}",
                page["totalResults"],
                to + 1
            );
        }
        Ok(())
    }

    async fn learn(&mut self) -> anyhow::Result<()> {
        let mut client = Client::connect(&self.doors[0]).await?;
        let before = snapshot::take(&self.database).await?;
        client.call("POST", "/Users", &user(names::SPECIMEN), 201).await?;
        let made = snapshot::take(&self.database).await?;
        self.specimen = Specimen::of(&before, &made)?;
        let path = format!("/Users/{}", names::hyphenated(&self.specimen.resource));
        let mut learned = vec![self.specimen.unit(&before, &made, 0)?];
        self.mapped = new_group(&mut client, "panel-north-users").await?;
        let mut last: Snapshot = snapshot::take(&self.database).await?;
        add_members(&mut client, &self.mapped, &[names::hyphenated(&self.specimen.resource)]).await?;
        let joined = snapshot::take(&self.database).await?;
        learned.push(self.specimen.unit(&last, &joined, 8)?);
        last = joined;
        let operations = [active(false), active(true), replace("title", "Engineer II"), replace("title", "Engineer")];
        for body in operations {
            client.call("PATCH", &path, &body, 200).await?;
            let now = snapshot::take(&self.database).await?;
            learned.push(self.specimen.unit(&last, &now, 0)?);
            last = now;
        }
        let mut learned = learned.into_iter();
        let mut next = || learned.next().context("a unit is missing");
        let (create, join) = (next()?, next()?);
        let (deactivate, reactivate, retitle) = (next()?, next()?, next()?);
        self.units = Units { create, join, deactivate, reactivate, retitle };
        Ok(())
    }
}

/// A User as an IdP sends it on the first push.
pub(crate) fn user(login: &str) -> String {
    json!({
        "schemas": [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
        ],
        "userName": format!("{login}@org0.test"),
        "externalId": format!("00u-{login}"),
        "active": true,
        "displayName": format!("Ada {login}"),
        "name": {"givenName": "Ada", "familyName": login, "formatted": format!("Ada {login}")},
        "title": "Engineer",
        "preferredLanguage": "en-GB",
        "emails": [
            {"value": format!("{login}@org0.test"), "type": "work", "primary": true},
            {"value": format!("{login}@home.test"), "type": "home"}
        ],
        "phoneNumbers": [{"value": "+44 20 7946 0000", "type": "work"}],
        "addresses": [{"type": "work", "streetAddress": "1 High Street", "locality": "London", "country": "GB"}],
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
            "employeeNumber": "1234", "department": "Research", "costCenter": "4130"
        }
    })
    .to_string()
}

/// The address of a lookup by userName.
pub(crate) fn by_name(login: &str) -> String {
    format!("/Users?filter=userName%20eq%20%22{login}%40org0.test%22&startIndex=1&count=100")
}

/// A PATCH.
pub(crate) fn patch(operations: &Value) -> String {
    json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations}).to_string()
}

/// The PATCH that deactivates or reactivates.
pub(crate) fn active(active: bool) -> String {
    patch(&json!([{"op": "replace", "value": {"active": active}}]))
}

/// The PATCH of one attribute.
pub(crate) fn replace(attribute: &str, value: &str) -> String {
    patch(&json!([{"op": "replace", "path": attribute, "value": value}]))
}

/// Makes a group; its path.
pub(crate) async fn new_group(client: &mut Client, name: &str) -> anyhow::Result<String> {
    let body = json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": name}).to_string();
    let group = client.json("POST", "/Groups?excludedAttributes=members", &body, 201).await?;
    Ok(format!("/Groups/{}", group["id"].as_str().context("a group without an id")?))
}

/// Adds members by one PATCH.
pub(crate) async fn add_members(client: &mut Client, group: &str, ids: &[String]) -> anyhow::Result<()> {
    let members: Vec<_> = ids.iter().map(|id| json!({"value": id})).collect();
    patch_group(client, group, &json!([{"op": "add", "path": "members", "value": members}])).await
}

/// Removes a member by one PATCH.
pub(crate) async fn remove_member(client: &mut Client, group: &str, id: &str) -> anyhow::Result<()> {
    let path = format!("members[value eq \"{id}\"]");
    patch_group(client, group, &json!([{"op": "remove", "path": path}])).await
}

/// A PATCH of a group: a large one answers 204, a small one may show itself.
pub(crate) async fn patch_group(client: &mut Client, group: &str, operations: &Value) -> anyhow::Result<()> {
    let path = format!("{group}?excludedAttributes=members");
    client.call("PATCH", &path, &patch(operations), 2).await?;
    Ok(())
}
