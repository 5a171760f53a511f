//! The schemas that ship: RFC 7643 §3.1 (common), §4.1 User, §4.2 Group, §4.3 enterprise, and Doorward's own.

use crate::protocol::scim::schema::Attribute;
use crate::protocol::scim::schema::AttributeType;
use crate::protocol::scim::schema::DOORWARD_URN;
use crate::protocol::scim::schema::ENTERPRISE_URN;
use crate::protocol::scim::schema::GROUP_URN;
use crate::protocol::scim::schema::Mutability;
use crate::protocol::scim::schema::Returned;
use crate::protocol::scim::schema::Schema;
use crate::protocol::scim::schema::USER_URN;

fn text(name: &str, description: &str) -> Attribute {
    Attribute::new(name, AttributeType::String, description)
}

fn boolean(name: &str, description: &str) -> Attribute {
    Attribute::new(name, AttributeType::Boolean, description)
}

fn complex(name: &str, description: &str, subs: Vec<Attribute>) -> Attribute {
    Attribute::new(name, AttributeType::Complex, description).with(subs)
}

fn reference(name: &str, description: &str, types: &[&str]) -> Attribute {
    Attribute::new(name, AttributeType::Reference, description).refers(types)
}

/// A multi-valued attribute in the usual form: value, display, type, primary.
fn plural(name: &str, description: &str, value: Attribute, types: &[&str]) -> Attribute {
    let subs = vec![
        value,
        text("display", "A name for display.").unsearchable(),
        text("type", "The function of the value.").suggests(types),
        boolean("primary", "Whether this is the preferred value; at most one is."),
    ];
    complex(name, description, subs).multi()
}

/// The attributes of every resource (RFC 7643 §3.1); they are in no schema's document.
pub(super) fn common() -> Vec<Attribute> {
    let meta = vec![
        text("resourceType", "The name of the resource type.").exact().mutability(Mutability::ReadOnly).unsearchable(),
        Attribute::new("created", AttributeType::DateTime, "When it was made.").mutability(Mutability::ReadOnly),
        Attribute::new("lastModified", AttributeType::DateTime, "When it changed last.")
            .mutability(Mutability::ReadOnly),
        reference("location", "Its address.", &["uri"]).mutability(Mutability::ReadOnly),
        text("version", "Its entity tag.").exact().mutability(Mutability::ReadOnly).unsearchable(),
    ];
    vec![
        reference("schemas", "The URNs of the schemas present.", &["uri"]).multi().inexact().returned(Returned::Always),
        text("id", "The identifier that Doorward issued.")
            .exact()
            .unique()
            .mutability(Mutability::ReadOnly)
            .returned(Returned::Always),
        text("externalId", "The identifier that the client issued.").exact(),
        complex("meta", "Facts about the resource.", meta).mutability(Mutability::ReadOnly).returned(Returned::Always),
    ]
}

/// The core User schema.
pub(super) fn user() -> Schema {
    let mut attributes = vec![
        text("userName", "The name that identifies the person to the directory.").required().unique(),
        name(),
        text("displayName", "The name for display."),
        text("nickName", "The casual name."),
        reference("profileUrl", "The address of a profile page.", &["external"]),
        text("title", "The job title."),
        text("userType", "The relation to the organization, such as Employee."),
        text("preferredLanguage", "The preferred languages, as in Accept-Language."),
        text("locale", "The locale for dates and numbers."),
        text("timezone", "The time zone, such as Europe/Berlin."),
        boolean("active", "Whether the directory grants access."),
        text("password", "Accepted and thrown away: people sign in at their company.")
            .exact()
            .mutability(Mutability::WriteOnly)
            .returned(Returned::Never)
            .unsearchable(),
    ];
    attributes.extend(user_plurals());
    Schema { id: USER_URN.to_owned(), name: "User".to_owned(), description: "User Account".to_owned(), attributes }
}

fn name() -> Attribute {
    let subs = vec![
        text("formatted", "The full name."),
        text("familyName", "The family name."),
        text("givenName", "The given name."),
        text("middleName", "The middle names."),
        text("honorificPrefix", "The title before the name.").unsearchable(),
        text("honorificSuffix", "The suffix after the name.").unsearchable(),
    ];
    complex("name", "The parts of the name.", subs)
}

fn user_plurals() -> Vec<Attribute> {
    vec![
        plural("emails", "E-mail addresses.", text("value", "The address."), &["work", "home", "other"]),
        plural(
            "phoneNumbers",
            "Telephone numbers.",
            text("value", "The number, as received."),
            &["work", "home", "mobile", "fax", "pager", "other"],
        ),
        plural(
            "ims",
            "Instant messaging addresses.",
            text("value", "The address."),
            &["aim", "gtalk", "icq", "xmpp", "msn", "skype", "qq", "yahoo"],
        ),
        plural("photos", "Pictures.", reference("value", "The address.", &["external"]), &["photo", "thumbnail"]),
        addresses(),
        groups(),
        plural("entitlements", "What the person is entitled to.", text("value", "The entitlement."), &["other"]),
        plural("roles", "The roles that the directory names.", text("value", "The role."), &["other"]),
        plural(
            "x509Certificates",
            "Certificates.",
            Attribute::new("value", AttributeType::Binary, "The certificate, DER in base64."),
            &["other"],
        ),
    ]
}

fn addresses() -> Attribute {
    let subs = vec![
        text("formatted", "The whole address.").unsearchable(),
        text("streetAddress", "Street and number.").unsearchable(),
        text("locality", "The city."),
        text("region", "The state or region."),
        text("postalCode", "The postal code."),
        text("country", "The country."),
        text("type", "The function of the address.").suggests(&["work", "home", "other"]),
        boolean("primary", "Whether this is the preferred address; at most one is."),
    ];
    complex("addresses", "Postal addresses.", subs).multi()
}

fn groups() -> Attribute {
    let read = Mutability::ReadOnly;
    let subs = vec![
        text("value", "The id of the group.").mutability(read),
        reference("$ref", "The address of the group.", &["Group"]).mutability(read),
        text("display", "The name of the group.").mutability(read),
        text("type", "How the person belongs to it.").suggests(&["direct", "indirect"]).mutability(read),
    ];
    complex("groups", "The groups of the person, from their members.", subs).multi().mutability(read)
}

/// The core Group schema.
pub(super) fn group() -> Schema {
    let once = Mutability::Immutable;
    let members = vec![
        text("value", "The id of the member.").mutability(once),
        reference("$ref", "The address of the member.", &["User", "Group"]).mutability(once),
        text("type", "What the member is.").suggests(&["User", "Group"]).mutability(once),
        text("display", "The name of the member."),
    ];
    let attributes = vec![
        text("displayName", "The name of the group.").required(),
        complex("members", "The members of the group.", members).multi(),
    ];
    Schema { id: GROUP_URN.to_owned(), name: "Group".to_owned(), description: "Group".to_owned(), attributes }
}

/// The enterprise extension.
pub(super) fn enterprise() -> Schema {
    let manager = vec![
        text("value", "The id of the manager."),
        reference("$ref", "The address of the manager.", &["User"]),
        text("displayName", "The name of the manager.").mutability(Mutability::ReadOnly).unsearchable(),
    ];
    let attributes = vec![
        text("employeeNumber", "The number of the employee."),
        text("costCenter", "The cost center."),
        text("organization", "The organization."),
        text("division", "The division."),
        text("department", "The department."),
        complex("manager", "The manager.", manager),
    ];
    Schema {
        id: ENTERPRISE_URN.to_owned(),
        name: "EnterpriseUser".to_owned(),
        description: "Enterprise User".to_owned(),
        attributes,
    }
}

/// Doorward's own extension. All of it is derived: no pushed field makes an admin.
pub(super) fn doorward() -> Schema {
    let derived =
        |attribute: Attribute| attribute.mutability(Mutability::ReadOnly).returned(Returned::Request).unsearchable();
    let attributes = vec![
        derived(text("role", "The key of the highest role in the panel.").exact()),
        derived(text("clientScopes", "The keys of the clients that the person may reach, or all.").exact().multi()),
        derived(boolean("panelAccess", "Whether the person may enter the panel.")),
        derived(text("seat", "Whether the person holds a seat.").exact().suggests(&["held", "waiting", "none"])),
    ];
    Schema {
        id: DOORWARD_URN.to_owned(),
        name: "DoorwardUser".to_owned(),
        description: "What the person may do in the panel".to_owned(),
        attributes,
    }
}
