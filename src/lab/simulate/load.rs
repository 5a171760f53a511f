//! The scenes with many users and groups.

use super::verdict::{Miss, need, need_status};
use super::{Outcome, Play, people};
use crate::lab::scim_client::{Dialect, PushedGroup};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use std::collections::HashSet;

/// Okta's page.
const PAGE: usize = 100;

impl Play<'_> {
    pub(super) async fn push_users(&mut self) -> Outcome {
        let count = self.plan.users.max(self.plan.members).max(1);
        let (client, tag, domain) = (self.client, &self.tag, &self.plan.domain);
        let pushed: Vec<_> = stream::iter(0..count)
            .map(|number| async move {
                let profile = people::profile(tag, &format!("crew{number}"), domain);
                let reply = client.create_user(&profile).await?;
                need_status(&reply, &[201])?;
                Ok::<_, Miss>((reply.id().unwrap_or_default().to_owned(), reply))
            })
            .buffered(self.plan.parallel.max(1))
            .try_collect()
            .await?;
        self.crew = pushed.iter().map(|(id, _)| id.clone()).collect();
        let (_, last) = pushed.into_iter().next_back().ok_or_else(|| Miss::skipped("users"))?;
        let distinct = self.crew.iter().filter(|id| !id.is_empty()).collect::<HashSet<_>>().len();
        need(&last, distinct == count, || format!("{distinct} ids for {count} users"))?;
        Ok((last, format!("{count} users, each with an id of its own")))
    }

    pub(super) async fn import(&mut self) -> Outcome {
        let mut seen = HashSet::new();
        let mut start = 1;
        loop {
            let page = self.client.import_page("Users", start, PAGE).await?;
            need_status(&page, &[200])?;
            let total = page.total().and_then(|total| usize::try_from(total).ok()).unwrap_or(0);
            for user in page.resources() {
                let id = user["id"].as_str().unwrap_or_default().to_owned();
                need(&page, seen.insert(id), || "a user stands on two pages".to_owned())?;
            }
            start += page.resources().len();
            if page.resources().is_empty() || start > total {
                need(&page, seen.len() == total, || format!("{} users on the pages of {total}", seen.len()))?;
                let missing = self.crew.iter().chain(&self.ada_id).filter(|id| !seen.contains(*id)).count();
                need(&page, missing == 0, || format!("{missing} pushed users are on no page"))?;
                return Ok((page, format!("{total} users, each once")));
            }
        }
    }

    pub(super) async fn push_groups(&mut self) -> Outcome {
        let mut last = None;
        let members: Vec<String> = self.crew.iter().take(self.plan.members).cloned().collect();
        for number in 0..self.plan.groups.max(1) {
            let name = format!("Crew {} {number}", self.tag);
            let created = self.client.create_group(&name, &format!("00g{}crew{number}", self.tag)).await?;
            need_status(&created, &[201])?;
            let id = created.id().unwrap_or_default().to_owned();
            let mut group = PushedGroup { id, name, members: Vec::new() };
            let filled = self.client.add_members(&mut group, &members).await?;
            need_status(&filled, &[200, 204])?;
            self.group_read_back(&group).await?;
            self.others.push(group);
            last = Some(filled);
        }
        let reply = last.ok_or_else(|| Miss::skipped("groups"))?;
        Ok((reply, format!("{} groups with {} members each", self.others.len(), members.len())))
    }

    /// Deletes; Okta, which never deletes, deactivates.
    pub(super) async fn clean_up(&mut self) -> Outcome {
        let mut last = self.client.test_connection().await?;
        for group in std::mem::take(&mut self.others) {
            last = self.client.delete_group(&group.id).await?;
            need_status(&last, &[204])?;
        }
        let everybody: Vec<String> = self.crew.drain(..).chain(self.ada_id.take()).collect();
        let (client, ada) = (self.client, &self.ada);
        let count = everybody.len();
        let replies: Vec<_> = stream::iter(everybody)
            .map(|id| async move {
                let reply = match client.dialect() {
                    Dialect::Okta => client.deactivate(&id, ada).await?,
                    _ => client.delete_user(&id).await?,
                };
                need_status(&reply, &[200, 204])?;
                Ok::<_, Miss>(reply)
            })
            .buffered(self.plan.parallel.max(1))
            .try_collect()
            .await?;
        last = replies.into_iter().next_back().unwrap_or(last);
        Ok((last, format!("{count} users and every group taken away")))
    }
}
