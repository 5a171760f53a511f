//! Why nobody was signed in. People hear one plain sentence; the audit has the detail.

use crate::base::class::{Class, Classify};
use crate::base::seal::SealError;
use crate::protocol::oidc::callback::CallbackFault;
use crate::protocol::saml::SamlFault;
use crate::service::access::GroundError;
use crate::service::passwords::PasswordError;
use crate::store::{AsStoreError, StoreError};
use crate::upstream::UpstreamError;

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No such connection, or one of another kind.
    #[error("there is no such sign-in")]
    NoConnection,
    /// Switched off, or its IdP is not known yet.
    #[error("the connection is a draft or switched off")]
    NotReady,
    /// The attempt is over, was used, or belongs to another browser.
    #[error("the sign-in attempt is over, was used already, or was begun in another browser")]
    FlowLost,
    /// The IdP's SAML answer does not hold.
    #[error(transparent)]
    Saml(#[from] SamlFault),
    /// The IdP's OpenID answer does not hold, or refuses.
    #[error(transparent)]
    Callback(#[from] CallbackFault),
    /// The IdP could not be asked, or its tokens do not hold.
    #[error(transparent)]
    Upstream(#[from] UpstreamError),
    /// The assertion was used before.
    #[error("the assertion was used before")]
    Replayed,
    /// The subject is another one at each sign-in.
    #[error("the IdP sends a transient name, which identifies nobody")]
    Transient,
    /// The IdP proved somebody whom this organization does not know, and nobody may be made.
    #[error("nobody here matches, and nobody may be made at sign-in")]
    Unknown,
    /// Several people match.
    #[error("several people match")]
    Ambiguous,
    /// The owner is linked by a signed-in owner only (laws 4 and 7).
    #[error("the owner is not linked by a match")]
    OwnerNotLinked,
    /// Outside the domains that are proved and assigned to the connection.
    #[error("outside the domains that are proved and assigned to this connection")]
    OutsideDomains,
    /// Deactivated, deleted or locked (law 5).
    #[error("the person is deactivated, deleted or locked")]
    Inactive,
    /// The link waits for an admin: the directory may have put another human behind the person (scim.md 3.1.3).
    #[error("the link waits until an administrator says that it is still the same person")]
    SetAside,
    /// Wrong e-mail or password.
    #[error("wrong e-mail or password")]
    WrongPassword,
    /// Too many attempts.
    #[error("too many attempts")]
    Throttled,
    /// A password where sign-in through the company is enforced (law 10).
    #[error("a password is refused: sign-in through the company is enforced")]
    Enforced,
    /// A directory's person has no password.
    #[error("a person of a directory has no password")]
    NoPassword,
    /// The link was used, has ended, or its person may not use it.
    #[error("the link was used, has ended, or may not be used")]
    LinkOver,
    /// The new password is too short.
    #[error("the password is shorter than {0} characters")]
    TooShort(usize),
    /// A stored secret cannot be opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A password could not be checked.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// Something of the organization cannot be read.
    #[error(transparent)]
    Ground(#[from] GroundError),
    /// The store failed.
    #[error("storage failed")]
    Store(#[from] StoreError),
}

impl LoginError {
    /// The stable word for the audit.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoConnection => "no_connection",
            Self::NotReady => "not_ready",
            Self::FlowLost => "flow_lost",
            Self::Saml(_) => "saml",
            Self::Callback(_) => "callback",
            Self::Upstream(_) => "upstream",
            Self::Replayed => "replayed",
            Self::Transient => "transient",
            Self::Unknown => "unknown_person",
            Self::Ambiguous => "ambiguous",
            Self::OwnerNotLinked => "owner_not_linked",
            Self::OutsideDomains => "outside_domains",
            Self::Inactive => "inactive",
            Self::SetAside => "set_aside",
            Self::WrongPassword => "wrong_password",
            Self::Throttled => "throttled",
            Self::Enforced => "enforced",
            Self::NoPassword => "no_password",
            Self::LinkOver => "link_over",
            Self::TooShort(_) => "too_short",
            Self::Seal(_) | Self::Password(_) | Self::Ground(_) | Self::Store(_) => "internal",
        }
    }

    /// What the person is told: one sentence that says what to do, never which check failed.
    #[must_use]
    pub fn public_text(&self) -> String {
        match self {
            Self::NoConnection => "There is no such sign-in.",
            Self::NotReady => "This sign-in is not switched on yet. Ask your administrator.",
            Self::FlowLost | Self::Replayed => "This sign-in has run out. Please start again.",
            Self::Saml(fault) => fault.public_text(),
            Self::Callback(_) => "The answer of your company's sign-in could not be accepted. Please start again.",
            Self::Upstream(error) if error.class() == Class::Busy => {
                "Your company's sign-in does not answer. Please try again in a moment."
            }
            Self::Upstream(_) => "The answer of your company's sign-in could not be accepted.",
            Self::Unknown
            | Self::Transient
            | Self::Ambiguous
            | Self::OwnerNotLinked
            | Self::OutsideDomains
            | Self::SetAside
            | Self::Inactive => {
                "You are signed in at your company, but have no access here. Ask your administrator for it."
            }
            Self::WrongPassword => "The e-mail or the password is not right.",
            Self::Throttled => "Too many attempts. Please wait a minute and try again.",
            Self::Enforced => "Sign in with your company. Passwords are switched off for your organization.",
            Self::NoPassword => "Sign in with your company.",
            Self::LinkOver => "This link no longer works. Ask your administrator for a new one.",
            Self::TooShort(least) => return format!("Please choose a password of at least {least} characters."),
            Self::Ground(GroundError::LastAdmin) => {
                "Your company's sign-in would take the last administrator's rights away. Ask whoever manages it there."
            }
            Self::Seal(_) | Self::Password(_) | Self::Ground(_) | Self::Store(_) => {
                "Something went wrong here. Please try again."
            }
        }
        .to_owned()
    }
}

impl Classify for LoginError {
    fn class(&self) -> Class {
        match self {
            Self::NoConnection => Class::NotFound,
            Self::NotReady
            | Self::Transient
            | Self::Unknown
            | Self::Ambiguous
            | Self::OwnerNotLinked
            | Self::OutsideDomains
            | Self::Inactive
            | Self::SetAside
            | Self::Enforced
            | Self::NoPassword
            | Self::FlowLost
            | Self::Replayed
            | Self::Saml(_)
            | Self::Callback(_) => Class::Forbidden,
            Self::Upstream(error) => match error.class() {
                Class::BadInput => Class::Forbidden,
                other => other,
            },
            Self::WrongPassword => Class::Unauthenticated,
            Self::Throttled => Class::Busy,
            Self::LinkOver => Class::NotFound,
            Self::TooShort(_) => Class::BadInput,
            Self::Seal(_) => Class::Bug,
            Self::Password(error) => error.class(),
            Self::Ground(error) => error.class(),
            Self::Store(error) => error.class(),
        }
    }
}

impl AsStoreError for LoginError {
    fn as_store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) => Some(error),
            Self::Ground(error) => error.as_store_error(),
            _ => None,
        }
    }
}
