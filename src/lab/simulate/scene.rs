//! The scenes of a run, in their order.

use super::Plan;
use crate::lab::scim_client::Dialect;

macro_rules! scenes {
    ($($(#[$doc:meta])* $scene:ident = $name:literal;)*) => {
        /// One step of a run. The order of the variants is the order of play.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Scene {
            $($(#[$doc])* $scene,)*
        }

        impl Scene {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$scene,)*];

            /// What a report calls it.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$scene => $name,)*
                }
            }
        }
    };
}

scenes! {
    /// The button in the IdP's console.
    TestConnection = "test connection";
    /// Another token is nobody's.
    WrongToken = "wrong token is refused";
    /// The lookup before the create finds nobody.
    MatchAbsent = "match: nobody yet";
    /// The user is created and read back.
    Create = "create user";
    /// The lookup finds exactly that user.
    MatchPresent = "match: found";
    /// The same user again is a conflict that changes nothing.
    CreateAgain = "create again is a conflict";
    /// Each attribute is changed and read back.
    Update = "update attributes";
    /// A value is taken away.
    Clear = "clear attribute";
    /// The user name is changed.
    Rename = "rename user";
    /// The user signs in at the panel.
    SignIn = "sign in";
    /// The user is switched off, and still to be found.
    Deactivate = "deactivate user";
    /// The user is refused at the panel.
    LoginRefused = "login refused";
    /// The user is switched on again, under the same id.
    Reactivate = "reactivate user";
    /// The user signs in at the panel once more.
    SignInAgain = "sign in again";
    /// The IdP forgot that it deactivated, and creates.
    PostAfterDeactivation = "create after deactivation";
    /// Many users.
    PushUsers = "push users";
    /// Every page of the import, nobody twice, nobody missing.
    Import = "import all pages";
    /// A group is looked up and created.
    CreateGroup = "create group";
    /// One member.
    AddOne = "add 1 member";
    /// Many members at once.
    AddMany = "add many members";
    /// A member who is one already.
    AddKnown = "add a member again";
    /// A deactivation and back leaves the membership.
    MembersSurvive = "membership survives deactivation";
    /// One member out: by filter, by value array, or by the list that is left.
    RemoveOne = "remove 1 member";
    /// Everybody out.
    EmptyGroup = "empty group";
    /// The group is renamed under the same id.
    RenameGroup = "rename group";
    /// Many groups with their members.
    PushGroups = "push groups";
    /// The group goes; its users stay.
    DeleteGroup = "delete group";
    /// The user goes.
    DeleteUser = "delete user";
    /// A user who is not there is 404 in SCIM's words.
    AbsentUser = "absent user is 404";
    /// The user comes again.
    Recreate = "recreate user";
    /// What the run made is taken away.
    CleanUp = "clean up";
}

impl Scene {
    /// The scenes that an IdP of this dialect plays; those at the panel's door where the plan knows how to try it.
    pub fn of(dialect: Dialect, plan: &Plan) -> impl Iterator<Item = Self> {
        let at_the_door = plan.sign_in.is_some();
        Self::ALL.iter().copied().filter(move |scene| match scene {
            Self::SignIn | Self::LoginRefused | Self::SignInAgain => at_the_door,
            Self::Clear => dialect.clears_attributes(),
            Self::DeleteUser | Self::Recreate => dialect.deletes_users(),
            _ => true,
        })
    }
}
