//! The rules of an organization: one list, replaced as a whole.

use super::ApplyError;
use super::file::Kind;
use super::organization::Changes;
use super::plan::Plan;
use crate::base::ids::RuleId;
use crate::domain::audit::Deed;
use crate::domain::client::ClientKeys;
use crate::domain::rule::RuleGround;
use crate::store::{self, Tx, organizations};

pub(super) async fn put(tx: &mut Tx, plan: &Plan, changes: &mut Changes<'_>) -> Result<(), ApplyError> {
    let Some(rules) = &plan.file.rule else { return Ok(()) };
    let clients: ClientKeys = organizations::clients(tx).await?.into_iter().map(|client| client.key).collect();
    let sources: Vec<String> = organizations::source_keys(tx).await?.into_iter().map(|(_, key)| key).collect();
    let directories = store::directories::list(tx).await?.iter().filter(|d| d.enabled).count();
    // With a directory active, logins bring no groups (law 11).
    let claiming = plan.file.connection.iter().filter(|c| match c.kind {
        Kind::Saml | Kind::Oidc => c.groups_attribute.is_some(),
    });
    let bring = if directories > 0 { directories } else { claiming.count() };
    let ground = RuleGround {
        definition: &plan.definition,
        clients: &clients,
        sources: &sources,
        several_bring_groups: bring > 1,
    };
    for rule in rules {
        rule.check(&ground)?;
    }
    let before = organizations::rules(tx).await?;
    let mut after = Vec::new();
    for rule in rules {
        let body = serde_json::to_string(rule).map_err(|_| ApplyError::Malformed("rule"))?;
        let same = before.iter().find(|(_, kept)| *kept == body).map(|(id, _)| *id);
        let id = same.filter(|id| !after.iter().any(|(used, _)| used == id));
        after.push((id.unwrap_or_else(|| RuleId::mint(&changes.gw.sources)), body));
    }
    if before == after {
        return Ok(());
    }
    organizations::replace_rules(tx, &after).await?;
    changes.wide = true;
    changes.note(Deed::RulesReplaced, after.len(), &format!("rules replaced ({})", after.len()));
    Ok(())
}
