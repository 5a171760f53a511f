//! `doorward simulate`: an IdP's own traffic against any SCIM URL, each step judged by its effect.
//!
//! Owns the scenes and their order; hands on one result for each step through a callback. Speaks SCIM alone and must
//! not know whose server answers: what it asserts is what any server owes the IdP. How somebody signs in is another
//! matter on each server: a command that the plan names tries it.

mod groups;
mod load;
mod people;
mod scene;
mod sign_in;
mod verdict;

pub use scene::Scene;

use crate::base::sources::Sources;
use crate::lab::scim_client::{IdpScimClient, Profile, PushedGroup, Reply};
use verdict::Miss;

/// How much is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Users beside the one whom the scenes are about; never fewer than `members`.
    pub users: usize,
    /// Groups beside the one that the scenes are about, each filled with `members`.
    pub groups: usize,
    /// How many members are added in one go.
    pub members: usize,
    /// Calls in flight at once while many users are pushed.
    pub parallel: usize,
    /// The domain of user names and addresses.
    pub domain: String,
    /// A shell command that tries to sign in as the user whose name is in `SIMULATE_USER`, and ends with 0 where that
    /// user was let in. Without one the scenes at the door are not played.
    pub sign_in: Option<String>,
}

impl Default for Plan {
    fn default() -> Self {
        Self { users: 60, groups: 1, members: 60, parallel: 4, domain: "simulate.test".to_owned(), sign_in: None }
    }
}

/// One step, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepResult {
    /// Which step.
    pub name: &'static str,
    /// Whether the server did what it owes.
    pub held: bool,
    /// What was seen: the effect, or what is missing.
    pub detail: String,
    /// The request that decided, as sent; empty when none came through.
    pub request: String,
    /// Its status; 0 when no answer came.
    pub status: u16,
    /// How long the whole step took, in milliseconds.
    pub millis: u64,
}

/// What came of a whole run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Steps that held.
    pub held: usize,
    /// Steps that did not.
    pub failed: usize,
}

/// Plays every scene of the client's dialect in order and reports each as soon as it is judged. A step that fails does
/// not end the run; those that need its effect then fail too, saying so.
pub async fn simulate(
    client: &IdpScimClient,
    sources: &Sources,
    plan: &Plan,
    mut report: impl FnMut(StepResult),
) -> Summary {
    let mut play = Play::new(client, sources, plan);
    let mut summary = Summary::default();
    for scene in Scene::of(client.dialect(), plan) {
        let began = sources.now();
        let outcome = play.play(scene).await;
        let millis = u64::try_from((sources.now() - began).num_milliseconds()).unwrap_or(0);
        let (held, detail, (request, status)) = match outcome {
            Ok((reply, effect)) => (true, effect, (reply.request, reply.status)),
            Err(miss) => (false, miss.why, miss.seen.unwrap_or_default()),
        };
        *(if held { &mut summary.held } else { &mut summary.failed }) += 1;
        report(StepResult { name: scene.name(), held, detail, request, status, millis });
    }
    summary
}

/// What a step gives: the reply that decided and what it proved.
type Outcome = Result<(Reply, String), Miss>;

/// A run under way: what the IdP believes.
struct Play<'a> {
    client: &'a IdpScimClient,
    plan: &'a Plan,
    /// Makes the names of this run its own: several runs may share a directory.
    tag: String,
    ada: Profile,
    ada_id: Option<String>,
    crew: Vec<String>,
    group: PushedGroup,
    others: Vec<PushedGroup>,
}

impl<'a> Play<'a> {
    fn new(client: &'a IdpScimClient, sources: &Sources, plan: &'a Plan) -> Self {
        let tag = format!("{:08x}", u32::from_be_bytes(sources.bytes()));
        let ada = people::profile(&tag, "ada", &plan.domain);
        let group = PushedGroup { name: format!("Engineers {tag}"), ..PushedGroup::default() };
        Self { client, plan, tag, ada, ada_id: None, crew: Vec::new(), group, others: Vec::new() }
    }

    async fn play(&mut self, scene: Scene) -> Outcome {
        match scene {
            Scene::TestConnection => self.test_connection().await,
            Scene::WrongToken => self.wrong_token().await,
            Scene::MatchAbsent => self.match_absent().await,
            Scene::Create => self.create().await,
            Scene::MatchPresent => self.match_present().await,
            Scene::CreateAgain => self.create_again().await,
            Scene::Update => self.update().await,
            Scene::Clear => self.clear().await,
            Scene::Rename => self.rename().await,
            Scene::SignIn | Scene::SignInAgain => self.signs_in().await,
            Scene::Deactivate => self.deactivate().await,
            Scene::LoginRefused => self.login_refused().await,
            Scene::Reactivate => self.reactivate().await,
            Scene::PostAfterDeactivation => self.post_after_deactivation().await,
            Scene::PushUsers => self.push_users().await,
            Scene::Import => self.import().await,
            Scene::CreateGroup => self.create_group().await,
            Scene::AddOne => self.add_one().await,
            Scene::AddMany => self.add_many().await,
            Scene::AddKnown => self.add_known().await,
            Scene::MembersSurvive => self.members_survive().await,
            Scene::RemoveOne => self.remove_one().await,
            Scene::EmptyGroup => self.empty_group().await,
            Scene::RenameGroup => self.rename_group().await,
            Scene::PushGroups => self.push_groups().await,
            Scene::DeleteGroup => self.delete_group().await,
            Scene::DeleteUser => self.delete_user().await,
            Scene::AbsentUser => self.absent_user().await,
            Scene::Recreate => self.recreate().await,
            Scene::CleanUp => self.clean_up().await,
        }
    }
}

#[cfg(test)]
mod tests;
