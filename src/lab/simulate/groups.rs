//! The scenes about one group.

use super::verdict::{Miss, need, need_status};
use super::{Outcome, Play};
use crate::lab::scim_client::PushedGroup;

impl Play<'_> {
    fn has_group(&self) -> Result<(), Miss> {
        if self.group.id.is_empty() { Err(Miss::skipped("a group")) } else { Ok(()) }
    }

    pub(super) async fn create_group(&mut self) -> Outcome {
        let found = self.client.find_group(&self.group.name).await?;
        need_status(&found, &[200])?;
        let known = found.resources().iter().any(|group| group["displayName"] == self.group.name.as_str());
        need(&found, !known, || "a group was found that was never pushed".to_owned())?;
        let reply = self.client.create_group(&self.group.name, &format!("00g{}", self.tag)).await?;
        need_status(&reply, &[201])?;
        let id = reply.id().unwrap_or_default().to_owned();
        need(&reply, !id.is_empty(), || "the answer has no id that is text".to_owned())?;
        self.group.id = id;
        let read = self.group_read_back(&self.group).await?;
        Ok((reply, read))
    }

    pub(super) async fn add_one(&mut self) -> Outcome {
        let ada = self.ada()?;
        self.add(&[ada]).await
    }

    pub(super) async fn add_many(&mut self) -> Outcome {
        if self.crew.is_empty() {
            return Err(Miss::skipped("users"));
        }
        let many: Vec<String> = self.crew.iter().take(self.plan.members).cloned().collect();
        self.add(&many).await
    }

    pub(super) async fn add_known(&mut self) -> Outcome {
        let ada = self.ada()?;
        let (reply, _) = self.add(&[ada]).await?;
        Ok((reply, "a member once, not twice".to_owned()))
    }

    async fn add(&mut self, ids: &[String]) -> Outcome {
        self.has_group()?;
        let reply = self.client.add_members(&mut self.group, ids).await?;
        need_status(&reply, &[200, 204])?;
        let read = self.group_read_back(&self.group).await?;
        Ok((reply, read))
    }

    /// Entra does not send memberships again after a restore.
    pub(super) async fn members_survive(&mut self) -> Outcome {
        self.has_group()?;
        let (reply, _) = self.deactivate().await?;
        self.reactivate().await?;
        let read = self.group_read_back(&self.group).await?;
        Ok((reply, read))
    }

    pub(super) async fn remove_one(&mut self) -> Outcome {
        self.has_group()?;
        let ada = self.ada()?;
        let reply = self.client.remove_members(&mut self.group, &[ada]).await?;
        need_status(&reply, &[200, 204])?;
        let read = self.group_read_back(&self.group).await?;
        Ok((reply, format!("only that member left; {read}")))
    }

    pub(super) async fn empty_group(&mut self) -> Outcome {
        self.has_group()?;
        let reply = self.client.empty_group(&mut self.group).await?;
        need_status(&reply, &[200, 204])?;
        let read = self.group_read_back(&self.group).await?;
        Ok((reply, read))
    }

    pub(super) async fn rename_group(&mut self) -> Outcome {
        self.has_group()?;
        let name = format!("Ingénierie {}", self.tag);
        let reply = self.client.rename_group(&mut self.group, &name).await?;
        need_status(&reply, &[200, 204])?;
        let read = self.group_read_back(&self.group).await?;
        let found = self.client.find_group(&name).await?;
        need_status(&found, &[200])?;
        Ok((reply, read))
    }

    pub(super) async fn delete_group(&mut self) -> Outcome {
        self.has_group()?;
        let reply = self.client.delete_group(&self.group.id).await?;
        need_status(&reply, &[204])?;
        need_status(&self.client.get_group(&self.group.id).await?, &[404])?;
        self.read_back().await?;
        self.group = PushedGroup::default();
        Ok((reply, "the group is gone, its user is not".to_owned()))
    }

    /// Reads a group and compares name and members.
    pub(super) async fn group_read_back(&self, group: &PushedGroup) -> Result<String, Miss> {
        let reply = self.client.get_group(&group.id).await?;
        need_status(&reply, &[200])?;
        need(&reply, reply.body["displayName"] == group.name.as_str(), || "the name differs".to_owned())?;
        let (seen, mut due) = (reply.members(), group.members.clone());
        due.sort();
        need(&reply, seen == due, || {
            format!("answered as done, but {} members were read back where {} are due", seen.len(), due.len())
        })?;
        Ok(format!("read back with {} members", seen.len()))
    }
}
