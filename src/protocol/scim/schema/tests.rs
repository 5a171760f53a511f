use super::*;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;

fn resolved(path: &str) -> Option<(Option<String>, String, Option<String>)> {
    let registry = Registry::standard();
    match registry.resolve(ResourceType::User, path, Profile::Auto, &mut Applied::default()).ok()? {
        Target::Attribute { urn, attribute, sub } => {
            Some((urn.map(str::to_owned), attribute.name.clone(), sub.map(|sub| sub.name.clone())))
        }
        Target::Extension(schema) => Some((Some(schema.id.clone()), String::new(), None)),
    }
}

#[test]
fn r002_names_and_urns_resolve_in_any_case() {
    assert_eq!(resolved("USERNAME"), Some((None, "userName".into(), None)));
    assert_eq!(resolved("Emails.VALUE"), Some((None, "emails".into(), Some("value".into()))));
    assert_eq!(
        resolved("URN:IETF:params:scim:schemas:core:2.0:user:Name.familyname"),
        Some((None, "name".into(), Some("familyName".into())))
    );
}

#[test]
fn r047_extension_names_resolve_with_and_without_their_urn() {
    let manager = Some((Some(ENTERPRISE_URN.to_owned()), "manager".into(), Some("value".into())));
    assert_eq!(resolved(&format!("{ENTERPRISE_URN}:manager.value")), manager);
    assert_eq!(resolved("manager.value"), manager);
    assert_eq!(resolved(ENTERPRISE_URN), Some((Some(ENTERPRISE_URN.to_owned()), String::new(), None)));
    assert_eq!(
        resolved("urn:scim:schemas:extension:enterprise:1.0:department").map(|found| found.1),
        Some("department".into())
    );
    assert_eq!(resolved("urn:x:unknown:thing"), None);
    assert_eq!(resolved("shoeSize"), None);
    assert_eq!(resolved("name.shoeSize"), None);
}

#[test]
fn strict_profiles_know_no_old_urns_and_no_bare_extension_names() {
    let registry = Registry::standard();
    for path in ["department", "urn:scim:schemas:extension:enterprise:1.0:department"] {
        let found = registry.resolve(ResourceType::User, path, Profile::RfcStrict, &mut Applied::default());
        assert_eq!(found, Err(Unresolved), "{path}");
    }
}

fn custom(urn: &str, attributes: Vec<Attribute>) -> Schema {
    Schema { id: urn.into(), name: "Custom".into(), description: String::new(), attributes }
}

#[test]
fn r019_a_custom_extension_is_checked_and_then_resolves() {
    let urn = "urn:ietf:params:scim:schemas:extension:acme:2.0:User";
    let badge = || Attribute::new("badge", AttributeType::String, "");
    let mut registry = Registry::clone(Registry::standard());
    assert_eq!(
        registry.add_extension(ResourceType::User, custom("acme", vec![badge()])),
        Err(SchemaFault::BadUrn("acme".into()))
    );
    assert_eq!(
        registry.add_extension(
            ResourceType::User,
            custom(urn, vec![badge(), Attribute::new("BADGE", AttributeType::String, "")])
        ),
        Err(SchemaFault::NameTwice("BADGE".into()))
    );
    assert_eq!(registry.add_extension(ResourceType::User, custom(urn, vec![badge()])), Ok(()));
    assert_eq!(
        registry.add_extension(ResourceType::User, custom(urn, vec![badge()])),
        Err(SchemaFault::UrnTaken(urn.into()))
    );
    let found =
        registry.resolve(ResourceType::User, &format!("{urn}:Badge"), Profile::RfcStrict, &mut Applied::default());
    assert!(matches!(found, Ok(Target::Attribute { attribute, .. }) if attribute.name == "badge"));
}

#[test]
fn r020_the_password_is_never_returned_and_the_own_extension_is_read_only() {
    let registry = Registry::standard();
    let password = registry.attribute(ResourceType::User, "password").unwrap();
    assert_eq!((password.mutability, password.returned), (Mutability::WriteOnly, Returned::Never));
    let own = registry.schema(DOORWARD_URN).unwrap();
    assert!(own.attributes.iter().all(Attribute::is_read_only));
}
