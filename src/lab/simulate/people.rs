//! The scenes about one user.

use super::verdict::{Miss, need, need_status};
use super::{Outcome, Play};
use crate::lab::scim_client::{Profile, Reply};
use serde_json::Value;

/// A user of this run.
pub(super) fn profile(tag: &str, name: &str, domain: &str) -> Profile {
    let mut given = name.to_owned();
    if let Some(first) = given.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    Profile {
        user_name: format!("{name}.{tag}@{domain}"),
        given,
        family: "Byron".to_owned(),
        email: format!("{name}.{tag}@{domain}"),
        external_id: format!("00u{tag}{name}"),
        title: None,
        active: true,
    }
}

impl Play<'_> {
    pub(super) fn ada(&self) -> Result<String, Miss> {
        self.ada_id.clone().ok_or_else(|| Miss::skipped("a user"))
    }

    pub(super) async fn test_connection(&mut self) -> Outcome {
        let reply = self.client.test_connection().await?;
        need_status(&reply, &[200])?;
        need(&reply, reply.total().is_some(), || "totalResults is no integer".to_owned())?;
        Ok((reply, "a ListResponse with integer counters".to_owned()))
    }

    pub(super) async fn wrong_token(&mut self) -> Outcome {
        let reply = self.client.with_token("not-the-token".into()).test_connection().await?;
        need_status(&reply, &[401])?;
        Ok((reply, "refused as nobody".to_owned()))
    }

    pub(super) async fn match_absent(&mut self) -> Outcome {
        let reply = self.client.find_user(&self.ada.user_name).await?;
        need_status(&reply, &[200])?;
        need(&reply, reply.total() == Some(0), || "somebody was found who was never pushed".to_owned())?;
        Ok((reply, "nobody found".to_owned()))
    }

    pub(super) async fn create(&mut self) -> Outcome {
        let reply = self.client.create_user(&self.ada).await?;
        need_status(&reply, &[201])?;
        let id = reply.id().map(str::to_owned);
        need(&reply, id.is_some(), || "the answer has no id that is text".to_owned())?;
        need(&reply, reply.body["userName"] == self.ada.user_name.as_str(), || {
            "userName came back changed".to_owned()
        })?;
        self.ada_id = id;
        let read = self.read_back().await?;
        Ok((reply, read))
    }

    pub(super) async fn match_present(&mut self) -> Outcome {
        let id = self.ada()?;
        // User names compare without case (RFC 7643 §4.1.1).
        let reply = self.client.find_user(&self.ada.user_name.to_uppercase()).await?;
        need_status(&reply, &[200])?;
        let found = reply.only().and_then(|user| user["id"].as_str());
        need(&reply, found == Some(&id), || "not exactly the user who was created".to_owned())?;
        Ok((reply, "exactly that user".to_owned()))
    }

    pub(super) async fn create_again(&mut self) -> Outcome {
        self.ada()?;
        let mut twin = self.ada.clone();
        "Twin".clone_into(&mut twin.given);
        let reply = self.client.create_user(&twin).await?;
        need_status(&reply, &[409])?;
        self.read_back().await?;
        Ok((reply, "a conflict, nothing changed".to_owned()))
    }

    pub(super) async fn update(&mut self) -> Outcome {
        self.ada()?;
        "Augusta".clone_into(&mut self.ada.given);
        "Lovelace".clone_into(&mut self.ada.family);
        self.ada.title = Some("Countess".to_owned());
        self.ada.email = format!("augusta.{}@{}", self.tag, self.plan.domain);
        self.push_ada().await
    }

    pub(super) async fn clear(&mut self) -> Outcome {
        self.ada()?;
        self.ada.title = None;
        self.push_ada().await
    }

    pub(super) async fn rename(&mut self) -> Outcome {
        let id = self.ada()?;
        let old = self.ada.user_name.clone();
        self.ada.user_name = format!("augusta.{}@{}", self.tag, self.plan.domain);
        let (reply, read) = self.push_ada().await?;
        let gone = self.client.find_user(&old).await?;
        need(&gone, gone.total() == Some(0), || "the old name still finds somebody".to_owned())?;
        let found = self.client.find_user(&self.ada.user_name).await?;
        let same = found.only().is_some_and(|user| user["id"] == id.as_str());
        need(&found, same, || "the new name does not find the user".to_owned())?;
        Ok((reply, format!("{read}; found by the new name alone")))
    }

    pub(super) async fn deactivate(&mut self) -> Outcome {
        let id = self.ada()?;
        let reply = self.client.deactivate(&id, &self.ada).await?;
        need_status(&reply, &[200, 204])?;
        self.ada.active = false;
        let read = self.read_back().await?;
        let found = self.client.find_user(&self.ada.user_name).await?;
        need(&found, found.only().is_some(), || "an inactive user can no longer be found".to_owned())?;
        Ok((reply, read))
    }

    pub(super) async fn reactivate(&mut self) -> Outcome {
        let id = self.ada()?;
        let reply = self.client.reactivate(&id, &self.ada).await?;
        need_status(&reply, &[200, 204])?;
        self.ada.active = true;
        let read = self.read_back().await?;
        Ok((reply, read))
    }

    /// With the same externalId the user is restored in place; an IdP that sends none gets a conflict.
    pub(super) async fn post_after_deactivation(&mut self) -> Outcome {
        let id = self.ada()?;
        need_status(&self.client.deactivate(&id, &self.ada).await?, &[200, 204])?;
        let reply = self.client.create_user(&self.ada).await?;
        if self.client.dialect().sends_external_id() {
            need_status(&reply, &[201])?;
            need(&reply, reply.id() == Some(&id), || "another user was made of the same person".to_owned())?;
            let read = self.read_back().await?;
            return Ok((reply, format!("restored under the same id; {read}")));
        }
        need_status(&reply, &[409])?;
        self.ada.active = false;
        self.read_back().await?;
        need_status(&self.client.reactivate(&id, &self.ada).await?, &[200, 204])?;
        self.ada.active = true;
        self.read_back().await?;
        Ok((reply, "a conflict, nobody restored by it".to_owned()))
    }

    pub(super) async fn delete_user(&mut self) -> Outcome {
        let id = self.ada()?;
        let reply = self.client.delete_user(&id).await?;
        need_status(&reply, &[204])?;
        need_status(&self.client.get_user(&id).await?, &[404])?;
        let found = self.client.find_user(&self.ada.user_name).await?;
        need(&found, found.total() == Some(0), || "a deleted user is still found".to_owned())?;
        Ok((reply, "gone for every read".to_owned()))
    }

    pub(super) async fn absent_user(&mut self) -> Outcome {
        let reply = self.client.get_user(&format!("absent-{}", self.tag)).await?;
        need_status(&reply, &[404])?;
        let error = "urn:ietf:params:scim:api:messages:2.0:Error";
        let says = reply.body["schemas"].as_array().is_some_and(|schemas| schemas.iter().any(|urn| urn == error));
        need(&reply, says, || "the 404 is no SCIM error".to_owned())?;
        Ok((reply, "a SCIM error".to_owned()))
    }

    pub(super) async fn recreate(&mut self) -> Outcome {
        self.ada()?;
        let reply = self.client.create_user(&self.ada).await?;
        need_status(&reply, &[201])?;
        self.ada_id = reply.id().map(str::to_owned);
        let read = self.read_back().await?;
        Ok((reply, read))
    }

    async fn push_ada(&mut self) -> Outcome {
        let id = self.ada()?;
        let reply = self.client.update_user(&id, &self.ada).await?;
        need_status(&reply, &[200, 204])?;
        let read = self.read_back().await?;
        Ok((reply, read))
    }

    /// Reads the user and compares every value that was pushed.
    pub(super) async fn read_back(&self) -> Result<String, Miss> {
        let id = self.ada()?;
        let reply = self.client.get_user(&id).await?;
        need_status(&reply, &[200])?;
        let wrong = self.differences(&reply);
        need(&reply, wrong.is_empty(), || format!("answered as done, but read back differs in {}", wrong.join(", ")))?;
        Ok("read back as pushed".to_owned())
    }

    fn differences(&self, reply: &Reply) -> Vec<&'static str> {
        let (body, ada) = (&reply.body, &self.ada);
        let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
        let emails = body["emails"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut wrong = Vec::new();
        for (name, holds) in [
            ("userName", text(&body["userName"]) == ada.user_name),
            ("active", body["active"] == ada.active),
            ("name.givenName", text(&body["name"]["givenName"]) == ada.given),
            ("name.familyName", text(&body["name"]["familyName"]) == ada.family),
            ("title", text(&body["title"]) == ada.title.clone().unwrap_or_default()),
            ("emails", emails.iter().any(|email| text(&email["value"]) == ada.email) && emails.len() == 1),
            ("externalId", !self.client.dialect().sends_external_id() || text(&body["externalId"]) == ada.external_id),
        ] {
            if !holds {
                wrong.push(name);
            }
        }
        wrong
    }
}
