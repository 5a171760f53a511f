//! `members` of a group: every operation becomes a membership change, none touches the document.

use serde_json::Value;

use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::filter::CompareOp;
use crate::protocol::scim::filter::Filter;
use crate::protocol::scim::filter::Literal;
use crate::protocol::scim::member::Member;
use crate::protocol::scim::member::MemberChange;
use crate::protocol::scim::patch::Op;
use crate::protocol::scim::patch::apply::Aim;
use crate::protocol::scim::patch::apply::Engine;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::resource::read_members;

/// How many operations of one PATCH may ask every member of a group.
const MOST_SCANS: usize = 20;

impl Engine<'_> {
    pub(super) fn members_at(&mut self, op: Op, aim: &Aim<'_>, value: Option<Value>) -> Result<(), ScimError> {
        if let Some(sub) = aim.sub {
            let Some(filter) = aim.filter.filter(|_| sub.name == "display") else {
                return Err(immutable());
            };
            let display = self.take(sub, value.filter(|_| op != Op::Remove).unwrap_or_default())?;
            let display = display.as_ref().and_then(Value::as_str).map(str::to_owned);
            self.members.push(MemberChange::SetDisplay { filter: filter.clone(), display });
            return self.bounded_scans();
        }
        match (op, aim.filter) {
            (Op::Remove, Some(filter)) => {
                self.members.push(match ids(filter) {
                    Some(ids) => MemberChange::Remove(ids),
                    None => MemberChange::RemoveMatching(filter.clone()),
                });
                self.bounded_scans()
            }
            (Op::Remove, None) => self.remove_members(aim, value),
            (_, Some(_)) => Err(immutable()),
            (_, None) => {
                let members = self.listed_members(aim, value.unwrap_or_default())?;
                match op {
                    Op::Add if members.is_empty() => {}
                    Op::Add => self.members.push(MemberChange::Add(members)),
                    _ if members.is_empty() => self.members.push(MemberChange::Clear),
                    _ => self.members.push(MemberChange::Replace(members)),
                }
                Ok(())
            }
        }
    }

    fn bounded_scans(&self) -> Result<(), ScimError> {
        let is_scan = |change: &&MemberChange| {
            matches!(change, MemberChange::RemoveMatching(_) | MemberChange::SetDisplay { .. })
        };
        if self.members.iter().filter(is_scan).count() > MOST_SCANS {
            let detail = format!(
                "More than {MOST_SCANS} operations look at every member; select members as in members[value eq \"id\"]."
            );
            return Err(ScimError::too_many(detail));
        }
        Ok(())
    }

    /// Case r: with the key `value`, whatever is in it, only those listed go (Entra, JumpCloud).
    fn remove_members(&mut self, aim: &Aim<'_>, value: Option<Value>) -> Result<(), ScimError> {
        let Some(value) = value else {
            self.members.push(MemberChange::Clear);
            return Ok(());
        };
        if !self.applied.allow(self.profile, Quirk::RemoveListed) {
            return Err(ScimError::invalid_value(
                "A remove takes no value; select the members in the path, as in members[value eq \"id\"].",
            ));
        }
        let listed = self.listed_members(aim, value)?;
        if !listed.is_empty() {
            self.members.push(MemberChange::Remove(listed.into_iter().map(|member| member.value).collect()));
        }
        Ok(())
    }

    fn listed_members(&mut self, aim: &Aim<'_>, value: Value) -> Result<Vec<Member>, ScimError> {
        match self.take(aim.attribute, value)? {
            Some(elements) => read_members(&elements),
            None => Ok(Vec::new()),
        }
    }
}

fn immutable() -> ScimError {
    ScimError::mutability("A member's value, $ref and type are immutable; remove the member and add another.")
}

/// The ids of a filter that is nothing but `value eq "id"`, or several joined by `or`.
fn ids(filter: &Filter) -> Option<Vec<String>> {
    match filter {
        Filter::Or(all) => Some(all.iter().map(ids).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect()),
        Filter::Compare(term) if term.op == CompareOp::Eq && term.path.name == "value" => match &term.value {
            Literal::Text(id) if !id.is_empty() => Some(vec![id.clone()]),
            _ => None,
        },
        _ => None,
    }
}
