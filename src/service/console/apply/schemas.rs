//! The extension schemas of an organization.

use super::ApplyError;
use super::organization::Changes;
use super::plan::Plan;
use crate::domain::audit::Actor;
use crate::protocol::scim::schema::SchemaFault;
use crate::service::schemas::{self, Declared, SchemaRefusal};
use crate::store::Tx;

pub(super) async fn put(tx: &mut Tx, plan: &Plan, changes: &mut Changes<'_>) -> Result<(), ApplyError> {
    for declared in &plan.file.schema {
        let urn = declared.urn.clone().unwrap_or_default();
        let wrong = |fault: SchemaFault| ApplyError::Schema { urn: urn.clone(), fault };
        let extension = declared.clone().read().map_err(wrong)?;
        let (declared, record) = match schemas::declare(tx, changes.gw, &Actor::Operator, &extension).await {
            Ok(done) => done,
            Err(SchemaRefusal::Fault(fault)) => return Err(wrong(fault)),
            Err(SchemaRefusal::Store(e)) => return Err(e.into()),
        };
        match declared {
            Declared::Same => {}
            Declared::Added => changes.told(record, &format!("schema {urn} declared")),
            Declared::Changed => changes.told(record, &format!("schema {urn} changed")),
        }
    }
    Ok(())
}
