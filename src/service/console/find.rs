//! Finding one person by e-mail, for the operator.

use super::{ConsoleError, organizations};
use crate::base::ids::{OrgNo, PersonId};
use crate::domain::email::Email;
use crate::service::Gateway;
use crate::store::people::{self, DELETED};

/// The one person of an organization with this e-mail.
///
/// # Errors
/// [`ConsoleError::NoPerson`] for nobody or for several, or when the store fails.
pub async fn person(gw: &Gateway, slug: &str, email: &str) -> Result<(OrgNo, PersonId), ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    let key = Email::parse(email)?.key();
    let found = gw.store.read(org, async move |tx| people::by_key(tx, &key).await).await?;
    let mut there = found.into_iter().filter(|person| person.state != DELETED);
    match (there.next(), there.next()) {
        (Some(person), None) => Ok((org, person.id)),
        _ => Err(ConsoleError::NoPerson),
    }
}
