//! Groups and members, as each IdP pushes them.

use super::dialect::Dialect;
use super::profile::PATCH;
use super::{IdpScimClient, Reply};
use crate::lab::error::LabError;
use reqwest::Method;
use serde_json::{Value, json};

const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
const ENTRA_GROUP: &str = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group";

/// A group as the IdP believes the server has it. Calls that succeed keep it up to date.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PushedGroup {
    /// The server's id.
    pub id: String,
    /// `displayName`.
    pub name: String,
    /// Ids of the members.
    pub members: Vec<String>,
}

impl IdpScimClient {
    /// The lookup before a create. OneLogin lists all and compares names itself.
    pub async fn find_group(&self, name: &str) -> Result<Reply, LabError> {
        match self.dialect {
            Dialect::OneLogin => self.get("/Groups").await,
            _ => self.get(&self.lookup("/Groups", "displayName", name)).await,
        }
    }

    /// Reads a group with its members.
    pub async fn get_group(&self, id: &str) -> Result<Reply, LabError> {
        self.get(&format!("/Groups/{id}")).await
    }

    /// Creates an empty group.
    pub async fn create_group(&self, name: &str, external_id: &str) -> Result<Reply, LabError> {
        let body = match self.dialect {
            Dialect::Okta | Dialect::Ping => json!({ "schemas": [GROUP], "displayName": name, "members": [] }),
            Dialect::Entra | Dialect::EntraFlag => json!({
                "schemas": [GROUP, ENTRA_GROUP],
                "externalId": external_id,
                "displayName": name,
                "meta": { "resourceType": "Group" },
            }),
            Dialect::OneLogin => json!({ "schemas": ["urn:scim:schemas:core:2.0"], "displayName": name }),
            Dialect::JumpCloud | Dialect::Keycloak => {
                json!({ "schemas": [GROUP], "displayName": name, "externalId": external_id })
            }
        };
        self.send(Method::POST, "/Groups", Some(&body)).await
    }

    /// Renames a group.
    pub async fn rename_group(&self, group: &mut PushedGroup, name: &str) -> Result<Reply, LabError> {
        let renamed = PushedGroup { name: name.to_owned(), ..group.clone() };
        let reply = match self.dialect {
            Dialect::JumpCloud | Dialect::Ping => self.put_group(&renamed).await?,
            Dialect::Okta => self.touch(&renamed).await?,
            Dialect::Entra => {
                self.patch_group(&group.id, vec![json!({ "op": "Replace", "path": "displayName", "value": name })])
                    .await?
            }
            Dialect::EntraFlag => {
                let value = json!({ "displayName": name });
                self.patch_group(&group.id, vec![json!({ "op": "replace", "value": value })]).await?
            }
            Dialect::OneLogin | Dialect::Keycloak => {
                self.patch_group(&group.id, vec![json!({ "op": "replace", "path": "displayName", "value": name })])
                    .await?
            }
        };
        keep(group, renamed, &reply);
        Ok(reply)
    }

    /// Deletes a group.
    pub async fn delete_group(&self, id: &str) -> Result<Reply, LabError> {
        self.send(Method::DELETE, &format!("/Groups/{id}"), None).await
    }

    /// Adds members. The last reply is answered; OneLogin makes one call for each member.
    pub async fn add_members(&self, group: &mut PushedGroup, ids: &[String]) -> Result<Reply, LabError> {
        let mut grown = group.clone();
        grown.members.extend(ids.iter().filter(|id| !group.members.contains(id)).cloned());
        let value: Vec<Value> = ids.iter().map(|id| self.member(id)).collect();
        let reply = match self.dialect {
            Dialect::Ping => self.put_group(&grown).await?,
            Dialect::OneLogin => self.one_by_one(group, "add", ids).await?,
            Dialect::Okta => {
                let touched = self.touch(group).await?;
                if !touched.is_success() {
                    return Ok(touched);
                }
                self.patch_group(&group.id, vec![json!({ "op": "add", "path": "members", "value": value })]).await?
            }
            Dialect::Entra => {
                self.patch_group(&group.id, vec![json!({ "op": "Add", "path": "members", "value": value })]).await?
            }
            Dialect::EntraFlag | Dialect::JumpCloud | Dialect::Keycloak => {
                self.patch_group(&group.id, vec![json!({ "op": "add", "path": "members", "value": value })]).await?
            }
        };
        keep(group, grown, &reply);
        Ok(reply)
    }

    /// Removes members: by a filter in the path, by a value array, or by the list that is left.
    pub async fn remove_members(&self, group: &mut PushedGroup, ids: &[String]) -> Result<Reply, LabError> {
        let mut shrunk = group.clone();
        shrunk.members.retain(|member| !ids.contains(member));
        let value: Vec<Value> = ids.iter().map(|id| self.member(id)).collect();
        let by_filter = || -> Vec<Value> {
            ids.iter().map(|id| json!({ "op": "remove", "path": format!("members[value eq \"{id}\"]") })).collect()
        };
        let reply = match self.dialect {
            Dialect::Ping => self.put_group(&shrunk).await?,
            Dialect::OneLogin => self.one_by_one(group, "remove", ids).await?,
            Dialect::Okta | Dialect::EntraFlag | Dialect::Keycloak => self.patch_group(&group.id, by_filter()).await?,
            Dialect::Entra => {
                self.patch_group(&group.id, vec![json!({ "op": "Remove", "path": "members", "value": value })]).await?
            }
            Dialect::JumpCloud => {
                self.patch_group(&group.id, vec![json!({ "op": "remove", "path": "members", "value": value })]).await?
            }
        };
        keep(group, shrunk, &reply);
        Ok(reply)
    }

    /// Takes everybody out: Okta and Keycloak replace the list by an empty one, the others remove whom they know of.
    pub async fn empty_group(&self, group: &mut PushedGroup) -> Result<Reply, LabError> {
        match self.dialect {
            Dialect::Okta | Dialect::Keycloak => {
                let nobody = vec![json!({ "op": "replace", "path": "members", "value": [] })];
                let reply = self.patch_group(&group.id, nobody).await?;
                let emptied = PushedGroup { members: Vec::new(), ..group.clone() };
                keep(group, emptied, &reply);
                Ok(reply)
            }
            _ => {
                let everybody = group.members.clone();
                self.remove_members(group, &everybody).await
            }
        }
    }

    fn member(&self, id: &str) -> Value {
        match self.dialect {
            Dialect::Entra => json!({ "$ref": null, "value": id }),
            Dialect::Okta => json!({ "value": id, "display": id }),
            _ => json!({ "value": id }),
        }
    }

    async fn one_by_one(&self, group: &PushedGroup, op: &str, ids: &[String]) -> Result<Reply, LabError> {
        let Some((last, others)) = ids.split_last() else { return self.get_group(&group.id).await };
        for id in others {
            let reply = self.one_member(group, op, id).await?;
            if !reply.is_success() {
                return Ok(reply);
            }
        }
        self.one_member(group, op, last).await
    }

    async fn one_member(&self, group: &PushedGroup, op: &str, id: &str) -> Result<Reply, LabError> {
        let operation = json!({ "op": op, "path": "members", "value": [self.member(id)] });
        self.patch_group(&group.id, vec![operation]).await
    }

    /// Okta says a group's name with each change of it.
    async fn touch(&self, group: &PushedGroup) -> Result<Reply, LabError> {
        let value = json!({ "id": group.id, "displayName": group.name });
        self.patch_group(&group.id, vec![json!({ "op": "replace", "value": value })]).await
    }

    async fn put_group(&self, group: &PushedGroup) -> Result<Reply, LabError> {
        let members: Vec<Value> = group.members.iter().map(|id| self.member(id)).collect();
        let body = json!({ "schemas": [GROUP], "displayName": group.name, "members": members });
        self.send(Method::PUT, &format!("/Groups/{}", group.id), Some(&body)).await
    }

    async fn patch_group(&self, id: &str, operations: Vec<Value>) -> Result<Reply, LabError> {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        self.send(Method::PATCH, &format!("/Groups/{id}"), Some(&body)).await
    }
}

/// What the IdP believes changes only with a success.
fn keep(group: &mut PushedGroup, changed: PushedGroup, reply: &Reply) {
    if reply.is_success() {
        *group = changed;
    }
}
