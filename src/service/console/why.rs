//! Why a person may do what they may do.

use super::{ConsoleError, organizations};
use crate::domain::email::Email;
use crate::domain::person::PersonState;
use crate::domain::seat::SeatState;
use crate::domain::why::{self, Why, WhyPerson};
use crate::service::Gateway;
use crate::service::access::{self, Ground};
use crate::store::access::Seat;
use crate::store::people;

/// The why-cards of everybody with this e-mail.
///
/// # Errors
/// [`ConsoleError::NoPerson`] for nobody, or when the store fails.
pub async fn cards(gw: &Gateway, slug: &str, email: &str) -> Result<Vec<Why>, ConsoleError> {
    let org = organizations::of_slug(gw, slug).await?;
    let key = Email::parse(email)?.key();
    let (gateway, now) = (gw.clone(), gw.sources.now());
    let found = gw.store.read::<_, ConsoleError, _>(org, async move |tx| Ok(people::by_key(tx, &key).await?)).await?;
    let ids: Vec<_> = found.iter().map(|person| person.id).collect();
    // Seats are counted, not derived: whoever is behind a mark is settled before theirs is told.
    let settled = access::current_of(gw, org, &ids).await?;
    gw.store
        .read(org, async move |tx| {
            let ground = Ground::load(tx, &gateway).await?;
            let mut cards = Vec::new();
            for person in found {
                let facts = access::person_facts(tx, &ground, &person).await?;
                let seat = settled.get(&person.id).map_or(Seat::None, |one| one.current.seat);
                let about = WhyPerson {
                    email: person.email.clone().unwrap_or_default(),
                    name: person.name.clone(),
                    origin: person.origin.parse().map_err(|_| ConsoleError::Malformed("origin"))?,
                    state: PersonState { active: person.state == people::ACTIVE, locked: person.locked },
                    seat: match seat {
                        Seat::Held => SeatState::Held,
                        Seat::Waiting => SeatState::Waiting,
                        Seat::None => SeatState::None,
                    },
                };
                cards.push(why::why(&ground.facts, &facts, &about, now));
            }
            if cards.is_empty() { Err(ConsoleError::NoPerson) } else { Ok(cards) }
        })
        .await
}
