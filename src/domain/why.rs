//! The why-card: what a person may do, who gave it, and what each of their groups gave or did not.

use super::access::{Access, NoGift, OrgFacts, Outcome, PersonFacts, outcomes, resolve};
use super::claims::claims;
use super::client::ClientScope;
use super::grant::GivenBy;
use super::person::{Origin, PersonState};
use super::seat::SeatState;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt::{Display, Formatter, Result as Written};

/// Whom a card is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhyPerson {
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: String,
    /// Where they come from.
    pub origin: Origin,
    /// What state they are in.
    pub state: PersonState,
    /// Whether they have a seat.
    pub seat: SeatState,
}

/// The card. Its `Display` is the plain text that `doorward user why` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// The e-mail address.
    pub email: String,
    /// The name.
    pub name: String,
    /// Where they come from.
    pub origin: Origin,
    /// `active`, `deactivated` by the IdP or `locked` here.
    pub state: String,
    /// Whether they own the organization.
    pub owner: bool,
    /// The highest role's key, as claims have it.
    pub role: Option<String>,
    /// Whether they may sign in to the panel: their access, their seat and their state say so.
    pub panel_access: bool,
    /// Whether they have a seat.
    pub seat: SeatState,
    /// Switches.
    pub flags: BTreeSet<String>,
    /// What they may do, highest role first.
    pub grants: Vec<WhyGrant>,
    /// Their groups, each with what it gave.
    pub groups: Vec<WhyGroup>,
    /// Rules that their attributes met.
    pub attributes: Vec<WhyStep>,
    /// When the first override in force ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

/// A grant and who gave it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyGrant {
    /// The role's key.
    pub role: String,
    /// What people read for it.
    pub title: String,
    /// Where it holds.
    pub clients: ClientScope,
    /// Who gave it.
    pub sources: Vec<super::grant::GrantSource>,
}

/// A group of the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyGroup {
    /// Its name as pushed or claimed.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Who brought it, in words.
    pub from: String,
    /// What the rules that it met did; empty: no rule is for this group.
    pub steps: Vec<WhyStep>,
}

/// What one rule did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WhyStep {
    /// The rule's number in the list, from 1.
    pub rule: usize,
    /// Its `group`, `pattern`, `group_id` or attribute test, as written.
    pub when: String,
    /// The role that it gave; `None` for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<ClientScope>,
    /// The flags and the seat that it gave beside or without a role, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
    /// Whether it takes instead of giving.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub denies: bool,
    /// What stood in the way, if anything did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<NoGift>,
}

/// The card of a person at the instant `now`.
#[must_use]
pub fn why(org: &OrgFacts, facts: &PersonFacts, person: &WhyPerson, now: DateTime<Utc>) -> Why {
    let access = resolve(org, facts, now);
    let told = claims(&access, person.seat);
    // An owner stands outside the mapping: the groups are shown, and give nothing.
    let all = if facts.is_owner { Vec::new() } else { outcomes(org, facts) };
    let steps = |group: Option<usize>| all.iter().filter(|o| o.group == group).map(|o| step(org, o)).collect();
    let group = |(number, group): (usize, &super::access::GroupFact)| WhyGroup {
        name: group.name.clone(),
        id: group.id.clone(),
        from: group.from.to_string(),
        steps: steps(Some(number)),
    };
    Why {
        email: person.email.clone(),
        name: person.name.clone(),
        origin: person.origin,
        state: person.state.as_str().to_owned(),
        owner: facts.is_owner,
        role: told.role,
        panel_access: told.panel_access && person.state.may_sign_in(),
        seat: person.seat,
        flags: access.flags.clone(),
        grants: grants(org, &access),
        groups: facts.groups.iter().enumerate().map(group).collect(),
        attributes: steps(None),
        until: access.until,
    }
}

fn grants(org: &OrgFacts, access: &Access) -> Vec<WhyGrant> {
    let title = |key: &str| org.definition.role(key).map_or_else(|| key.to_owned(), |role| role.title.clone());
    let card = |grant: &super::grant::Grant| WhyGrant {
        role: grant.role.clone(),
        title: title(&grant.role),
        clients: grant.clients.clone(),
        sources: grant.sources.clone(),
    };
    access.grants.iter().map(card).collect()
}

fn step(org: &OrgFacts, outcome: &Outcome) -> WhyStep {
    let rule = org.rules.rule(outcome.rule);
    let also = rule.filter(|rule| !rule.deny && outcome.gives_something()).map(|rule| {
        let flags = rule.flags.iter().map(|flag| format!("flag {flag}"));
        let seat = rule.seat.map(|seat| if seat { "a seat" } else { "no seat" }.to_owned());
        flags.chain(seat).collect()
    });
    WhyStep {
        rule: outcome.rule + 1,
        when: rule.map(|rule| rule.when.to_string()).unwrap_or_default(),
        role: outcome.gives.as_ref().map(|(role, _)| role.clone()),
        clients: outcome.gives.as_ref().map(|(_, clients)| clients.clone()),
        also: also.unwrap_or_default(),
        denies: outcome.denies,
        missing: outcome.missing.clone(),
    }
}

impl Display for GivenBy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Owner => f.write_str("ownership of the organization"),
            Self::Manual => f.write_str("an administrator, by hand"),
            Self::Override { reason, until } => {
                write!(f, "an override until {} ({reason})", until.format("%Y-%m-%d %H:%M UTC"))
            }
            Self::Rule { when, group: Some(group), from } => {
                write!(f, "rule `{when}`, met by group `{group}` of {from}")
            }
            Self::Rule { when, group: None, from } => write!(f, "rule `{when}`, met by an attribute of {from}"),
        }
    }
}

impl Display for WhyStep {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        write!(f, "rule {} `{}` ", self.rule, self.when)?;
        let also = self.also.join(", ");
        match (&self.role, &self.clients) {
            _ if self.denies => f.write_str("denies")?,
            (Some(role), Some(clients)) if also.is_empty() => write!(f, "gives {role} in {clients}")?,
            (Some(role), Some(clients)) => write!(f, "gives {role} in {clients}, {also}")?,
            _ if !also.is_empty() => write!(f, "gives {also}")?,
            _ => f.write_str("gives nothing")?,
        }
        let missing: Vec<String> = self.missing.iter().map(ToString::to_string).collect();
        if missing.is_empty() { Ok(()) } else { write!(f, ": {}", missing.join("; ")) }
    }
}

impl Display for Why {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        writeln!(f, "{} <{}>", self.name, self.email)?;
        writeln!(f, "  origin: {}{}", self.origin, if self.owner { ", owner of the organization" } else { "" })?;
        writeln!(f, "  state: {}", self.state)?;
        writeln!(f, "  role: {}", self.role.as_deref().unwrap_or("none"))?;
        writeln!(f, "  panel access: {}", if self.panel_access { "yes" } else { "no" })?;
        writeln!(f, "  seat: {}", self.seat)?;
        if !self.flags.is_empty() {
            let flags: Vec<&str> = self.flags.iter().map(String::as_str).collect();
            writeln!(f, "  flags: {}", flags.join(", "))?;
        }
        writeln!(f, "grants:{}", if self.grants.is_empty() { " none" } else { "" })?;
        for grant in &self.grants {
            writeln!(f, "  {} ({}) in {}", grant.role, grant.title, grant.clients)?;
            for source in &grant.sources {
                writeln!(f, "    {} from {}", source.clients, source.by)?;
            }
        }
        writeln!(f, "groups:{}", if self.groups.is_empty() { " none" } else { "" })?;
        for group in &self.groups {
            writeln!(f, "  `{}` of {}", group.name, group.from)?;
            match group.steps.as_slice() {
                [] if self.owner => writeln!(f, "    gives nothing: the owner is outside the mapping")?,
                [] => writeln!(f, "    gives nothing: no rule")?,
                steps => steps.iter().try_for_each(|step| writeln!(f, "    {step}"))?,
            }
        }
        self.attributes.iter().try_for_each(|step| writeln!(f, "attribute: {step}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::access::{GroupFact, Precedence};
    use super::super::panel::{PanelDefinition, shipped};
    use super::super::rule::RuleBook;
    use super::super::source::{Source, SourceKind};
    use super::*;
    use std::sync::Arc;

    fn card(is_owner: bool) -> Why {
        let (key, file, text) = shipped()[0];
        let rule = r#"{"pattern":"panel-{client}-users","role":"msp_user","clients":["{client}"]}"#;
        let org = OrgFacts {
            definition: Arc::new(PanelDefinition::parse(key, file, text).unwrap()),
            rules: RuleBook::new(vec![serde_json::from_str(rule).unwrap()]),
            precedence: Precedence::Union,
            clients: ["north"].into_iter().collect(),
            ceilings: Default::default(),
        };
        let from = Source { kind: SourceKind::Directory, key: "okta".into(), idp: "Okta".into() };
        let groups = ["Panel-North-Users", "panel-gone-users", "everyone"];
        let groups = groups.iter().enumerate().map(|(number, name)| GroupFact {
            id: number.to_string(),
            name: (*name).into(),
            external_id: None,
            from: from.clone(),
        });
        let facts = PersonFacts { groups: groups.collect(), is_owner, ..PersonFacts::default() };
        let person = WhyPerson {
            email: "ana@acme.test".into(),
            name: "Ana".into(),
            origin: Origin::Directory,
            state: PersonState { active: true, locked: false },
            seat: SeatState::Held,
        };
        why(&org, &facts, &person, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn each_group_is_named_with_what_it_gave() {
        let text = card(false).to_string();
        let expected = "\
Ana <ana@acme.test>
  origin: directory
  state: active
  role: msp_user
  panel access: yes
  seat: held
grants:
  msp_user (MSP User) in north
    north from rule `panel-{client}-users`, met by group `Panel-North-Users` of Okta directory `okta`
groups:
  `Panel-North-Users` of Okta directory `okta`
    rule 1 `panel-{client}-users` gives msp_user in north
  `panel-gone-users` of Okta directory `okta`
    rule 1 `panel-{client}-users` gives nothing: there is no client `gone`
  `everyone` of Okta directory `okta`
    gives nothing: no rule
";
        assert_eq!(text, expected);
    }

    #[test]
    fn an_owner_is_outside_the_mapping() {
        let text = card(true).to_string();
        assert!(text.contains("gives nothing: the owner is outside the mapping"));
        assert!(text.contains("all clients from ownership of the organization"));
    }

    #[test]
    fn a_card_goes_through_json_unchanged() {
        let card = card(false);
        let json = serde_json::to_string(&card).unwrap();
        assert_eq!(serde_json::from_str::<Why>(&json).unwrap(), card);
    }
}
