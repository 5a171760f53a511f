//! Seats: paid places in the panel, counted where they are taken (law 9).

use serde::{Deserialize, Serialize};

/// Whether a person has a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// They have one.
    Held,
    /// They want one and none is free: call-only until one is.
    Waiting,
    /// They want none.
    #[default]
    None,
}

/// A word that names no state of a seat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a state of a seat: \"{0}\"")]
pub struct UnknownSeatState(pub String);

impl SeatState {
    /// The word that claims and rows use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Waiting => "waiting",
            Self::None => "none",
        }
    }
}

impl std::fmt::Display for SeatState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for SeatState {
    type Err = UnknownSeatState;

    fn from_str(text: &str) -> Result<Self, UnknownSeatState> {
        match text {
            "held" => Ok(Self::Held),
            "waiting" => Ok(Self::Waiting),
            "none" => Ok(Self::None),
            other => Err(UnknownSeatState(other.to_owned())),
        }
    }
}

/// What an organization does with a person for whom no seat is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatShortage {
    /// Accepts them as call-only; they wait.
    #[default]
    Wait,
    /// Refuses the change that would need a seat.
    Refuse,
}

/// A person's case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeatFacts {
    /// Whether their access asks for a seat.
    pub wants: bool,
    /// Whether they are active as the IdP sees them. A lock set here does not count: a locked person keeps the seat.
    pub active: bool,
    /// What they have now.
    pub state: SeatState,
    /// Seats that are free, not counting their own; `None`: no limit.
    pub free: Option<u32>,
    /// What the organization does when none is.
    pub shortage: SeatShortage,
}

/// What is to be done about a person's seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatMove {
    /// Nothing.
    Keep,
    /// They take a free seat.
    Take,
    /// They begin to wait.
    Wait,
    /// Their seat is free for the first who waits.
    Free,
    /// They wait no longer.
    StopWaiting,
    /// The change is refused.
    Refuse,
}

/// What is to be done about a person's seat.
///
/// A seat that is held is never taken away because the limit fell: it is only not given again.
#[must_use]
pub fn decide(facts: SeatFacts) -> SeatMove {
    let some_free = facts.free.is_none_or(|free| free > 0);
    match (facts.wants && facts.active, facts.state) {
        (true, SeatState::Held) | (false, SeatState::None) => SeatMove::Keep,
        (true, SeatState::Waiting | SeatState::None) if some_free => SeatMove::Take,
        (true, SeatState::Waiting) => SeatMove::Keep,
        (true, SeatState::None) => match facts.shortage {
            SeatShortage::Wait => SeatMove::Wait,
            SeatShortage::Refuse => SeatMove::Refuse,
        },
        (false, SeatState::Held) => SeatMove::Free,
        (false, SeatState::Waiting) => SeatMove::StopWaiting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(wants: bool, state: SeatState, free: u32) -> SeatFacts {
        SeatFacts { wants, active: true, state, free: Some(free), shortage: SeatShortage::Wait }
    }

    #[test]
    fn a_free_seat_is_taken_and_a_missing_one_is_waited_for() {
        assert_eq!(decide(case(true, SeatState::None, 1)), SeatMove::Take);
        assert_eq!(decide(case(true, SeatState::None, 0)), SeatMove::Wait);
        assert_eq!(decide(case(true, SeatState::Waiting, 0)), SeatMove::Keep);
        assert_eq!(decide(case(true, SeatState::Waiting, 1)), SeatMove::Take);
        assert_eq!(decide(SeatFacts { free: None, ..case(true, SeatState::None, 0) }), SeatMove::Take);
    }

    #[test]
    fn an_organization_may_refuse_instead() {
        let facts = SeatFacts { shortage: SeatShortage::Refuse, ..case(true, SeatState::None, 0) };
        assert_eq!(decide(facts), SeatMove::Refuse);
    }

    #[test]
    fn a_deactivated_persons_seat_is_free_at_once() {
        let facts = SeatFacts { active: false, ..case(true, SeatState::Held, 0) };
        assert_eq!(decide(facts), SeatMove::Free);
        assert_eq!(decide(SeatFacts { state: SeatState::Waiting, ..facts }), SeatMove::StopWaiting);
    }

    #[test]
    fn a_held_seat_survives_a_lower_limit() {
        assert_eq!(decide(case(true, SeatState::Held, 0)), SeatMove::Keep);
        assert_eq!(decide(case(false, SeatState::Held, 0)), SeatMove::Free);
    }
}
