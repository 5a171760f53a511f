//! Reading a definition's file: its shape, its checks, and the line of what is wrong.

use super::{
    Feature, Flag, Labels, Limits, NONE, PanelDefinition, Permissions, Reach, Role, RolePermissions, ScopeKind,
    SeatCount, Template, Texts,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;

/// The kinds of scope that a panel can be divided by, and that may lie inside one.
const SCOPE_KINDS: [&str; 4] = ["client", "site", "region", "department"];

/// A definition that is refused, with the place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {fault}")]
pub struct PanelError {
    /// The file, as it was named by the caller.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    #[source]
    pub fault: PanelFault,
}

/// What can be wrong in a definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PanelFault {
    /// The text is no TOML, or a key is unknown, missing or of the wrong type.
    #[error("{0}")]
    Shape(String),
    /// A key that claims could not carry.
    #[error("`{0}` is not a key: use small letters, digits and _, beginning with a letter")]
    BadKey(String),
    /// Not one of `client`, `site`, `region`, `department`.
    #[error("unknown scope kind `{0}`: use client, site, region or department")]
    UnknownScopeKind(String),
    /// A grant has one list of clients.
    #[error("a second scope kind `{0}`: a panel is divided by one")]
    TwoScopeKinds(String),
    /// There must be something to permit.
    #[error("the panel has no features")]
    NoFeatures,
    /// A feature that could not be used at all.
    #[error("feature `{0}` has no levels")]
    NoLevels(String),
    /// The level below all others is always there.
    #[error("feature `{0}` names the level \"none\", which is implied")]
    NoneIsImplied(String),
    /// The order of levels would not be clear.
    #[error("feature `{feature}` names the level \"{level}\" twice")]
    LevelTwice {
        /// The feature.
        feature: String,
        /// The level.
        level: String,
    },
    /// There must be somebody.
    #[error("the panel has no roles")]
    NoRoles,
    /// No permissions are given, or all of them are none.
    #[error("role `{0}` has no permissions")]
    NoPermissions(String),
    /// A role of two minds: neither `all` nor `custom` nor a table.
    #[error("role `{role}`: permissions are \"all\", \"custom\" or a table, not \"{word}\"")]
    UnknownPermissions {
        /// The role.
        role: String,
        /// What stands there.
        word: String,
    },
    /// Custom permissions need sets to choose from or are written out in rules, in a panel that has features.
    #[error("a template's permissions are written out, not \"{0}\"")]
    TemplateWord(String),
    /// The role that is not assignable is the owner's, and there is one owner.
    #[error("role `{second}` is a second owner: `{first}` is not assignable either")]
    TwoOwners {
        /// The first such role.
        first: String,
        /// The second one.
        second: String,
    },
    /// Nobody outranks the owner.
    #[error("role `{0}` is not assignable, so it is the owner and stands first")]
    OwnerNotFirst(String),
    /// An owner whom clients are taken from is none.
    #[error("role `{0}` is not assignable, so it has clients = \"all\"")]
    OwnerNotEverywhere(String),
    /// The permissions name a feature that the panel does not have.
    #[error("unknown feature `{0}`")]
    UnknownFeature(String),
    /// The permissions name a level that the feature does not have.
    #[error("feature `{feature}` has no level \"{level}\"")]
    UnknownLevel {
        /// The feature.
        feature: String,
        /// The level.
        level: String,
    },
    /// Not one of `all`, `assigned`, `none`.
    #[error("role `{role}`: clients are \"all\", \"assigned\" or \"none\", not \"{word}\"")]
    UnknownClients {
        /// The role.
        role: String,
        /// What stands there.
        word: String,
    },
    /// With a scope kind every role says which of them it reaches.
    #[error("role `{0}` does not say which clients it reaches")]
    NoClients(String),
    /// Clients can be assigned only where there are some.
    #[error("role `{0}` has clients = \"assigned\" in a panel without a scope kind")]
    NothingToAssign(String),
    /// Somebody must be able to let people in.
    #[error("no role administers users")]
    NobodyAdministers,
    /// Seats come from the organization or are a number.
    #[error("limits.seats is \"organization\" or a number, not \"{0}\"")]
    UnknownSeats(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PanelFile {
    title: String,
    #[serde(default)]
    scope_kind: BTreeMap<Spanned<String>, ScopeKindFile>,
    #[serde(default)]
    feature: BTreeMap<Spanned<String>, Spanned<Vec<String>>>,
    #[serde(default)]
    role: BTreeMap<Spanned<String>, RoleFile>,
    #[serde(default)]
    template: BTreeMap<Spanned<String>, TemplateFile>,
    #[serde(default)]
    flag: BTreeMap<Spanned<String>, FlagFile>,
    limits: Option<LimitsFile>,
    texts: Texts,
    #[serde(default)]
    labels: Labels,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeKindFile {
    title: String,
    contains: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RoleFile {
    title: String,
    clients: Option<Spanned<String>>,
    #[serde(default = "yes")]
    assignable: bool,
    permissions: Option<PermissionsFile>,
    #[serde(default)]
    takes_seat: bool,
    #[serde(default)]
    administers_users: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateFile {
    title: String,
    permissions: PermissionsFile,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FlagFile {
    title: String,
    #[serde(default)]
    warning: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LimitsFile {
    seats: Spanned<SeatsFile>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SeatsFile {
    Word(String),
    Number(u32),
}

fn yes() -> bool {
    true
}

/// A word or a table of feature → level. Read by hand: an untagged enum would lose the lines.
enum PermissionsFile {
    Word(String),
    Table(Vec<(Spanned<String>, Spanned<String>)>),
}

impl<'de> Deserialize<'de> for PermissionsFile {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PermissionsVisitor)
    }
}

struct PermissionsVisitor;

impl<'de> serde::de::Visitor<'de> for PermissionsVisitor {
    type Value = PermissionsFile;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("\"all\", \"custom\" or a table of feature = \"level\"")
    }

    fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<PermissionsFile, E> {
        Ok(PermissionsFile::Word(word.to_owned()))
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<PermissionsFile, A::Error> {
        let mut table = Vec::new();
        while let Some(entry) = map.next_entry()? {
            table.push(entry);
        }
        Ok(PermissionsFile::Table(table))
    }
}

/// A fault and where in the text it stands.
struct Found(Range<usize>, PanelFault);

pub(super) fn parse(key: &str, file_name: &str, text: &str) -> Result<PanelDefinition, PanelError> {
    let at = |span: Range<usize>, fault| {
        let before = text.get(..span.start).unwrap_or(text);
        PanelError { file: file_name.to_owned(), line: before.matches('\n').count() + 1, fault }
    };
    let file: PanelFile = toml::from_str(text)
        .map_err(|e| at(e.span().unwrap_or(0..0), PanelFault::Shape(e.message().trim().to_owned())))?;
    build(key, file).map_err(|Found(span, fault)| at(span, fault))
}

fn build(key: &str, file: PanelFile) -> Result<PanelDefinition, Found> {
    let scope_kind = scope_kind(file.scope_kind)?;
    let features = features(file.feature)?;
    let roles = roles(file.role, &features, scope_kind.is_some())?;
    let mut templates = Vec::new();
    for (name, template) in in_file_order(file.template)? {
        let permissions = match template.permissions {
            PermissionsFile::Word(word) => return Err(Found(name.span(), PanelFault::TemplateWord(word))),
            PermissionsFile::Table(table) => table_of(table, &features)?,
        };
        templates.push(Template { key: name.into_inner(), title: template.title, permissions });
    }
    let flags = in_file_order(file.flag)?;
    let flags = flags.into_iter().map(|(name, f)| Flag { key: name.into_inner(), title: f.title, warning: f.warning });
    Ok(PanelDefinition {
        key: key.to_owned(),
        title: file.title,
        scope_kind,
        features,
        roles,
        templates,
        flags: flags.collect(),
        limits: limits(file.limits)?,
        texts: file.texts,
        labels: file.labels,
    })
}

/// The entries of a table in the order of the file (the TOML reader sorts them), their keys checked.
fn in_file_order<T>(table: BTreeMap<Spanned<String>, T>) -> Result<Vec<(Spanned<String>, T)>, Found> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(name, _)| name.span().start);
    for (name, _) in &entries {
        let key = name.get_ref();
        let letters = key.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if !letters || !key.starts_with(|c: char| c.is_ascii_lowercase()) {
            return Err(Found(name.span(), PanelFault::BadKey(key.clone())));
        }
    }
    Ok(entries)
}

fn scope_kind(table: BTreeMap<Spanned<String>, ScopeKindFile>) -> Result<Option<ScopeKind>, Found> {
    let known = |kind: &Spanned<String>| match SCOPE_KINDS.contains(&kind.get_ref().as_str()) {
        true => Ok(()),
        false => Err(Found(kind.span(), PanelFault::UnknownScopeKind(kind.get_ref().clone()))),
    };
    let mut found = None;
    for (name, kind) in in_file_order(table)? {
        known(&name)?;
        if found.is_some() {
            return Err(Found(name.span(), PanelFault::TwoScopeKinds(name.into_inner())));
        }
        kind.contains.as_ref().map_or(Ok(()), known)?;
        let contains = kind.contains.map(Spanned::into_inner);
        found = Some(ScopeKind { key: name.into_inner(), title: kind.title, contains });
    }
    Ok(found)
}

fn features(table: BTreeMap<Spanned<String>, Spanned<Vec<String>>>) -> Result<Vec<Feature>, Found> {
    let mut features = Vec::new();
    for (name, levels) in in_file_order(table)? {
        let (span, key, levels) = (levels.span(), name.into_inner(), levels.into_inner());
        if levels.is_empty() {
            return Err(Found(span, PanelFault::NoLevels(key)));
        }
        for (at, level) in levels.iter().enumerate() {
            if level == NONE {
                return Err(Found(span, PanelFault::NoneIsImplied(key)));
            }
            if levels.iter().take(at).any(|earlier| earlier == level) {
                return Err(Found(span, PanelFault::LevelTwice { feature: key, level: level.clone() }));
            }
        }
        features.push(Feature { key, levels });
    }
    if features.is_empty() { Err(Found(0..0, PanelFault::NoFeatures)) } else { Ok(features) }
}

fn roles(table: BTreeMap<Spanned<String>, RoleFile>, features: &[Feature], divided: bool) -> Result<Vec<Role>, Found> {
    let mut roles: Vec<Role> = Vec::new();
    for (name, role) in in_file_order(table)? {
        let (span, key) = (name.span(), name.into_inner());
        let clients = reach(&key, &span, role.clients.as_ref(), divided)?;
        if !role.assignable {
            if let Some(first) = roles.iter().find(|r| !r.assignable) {
                return Err(Found(span, PanelFault::TwoOwners { first: first.key.clone(), second: key }));
            }
            if !roles.is_empty() {
                return Err(Found(span, PanelFault::OwnerNotFirst(key)));
            }
            if clients != Reach::All {
                return Err(Found(span, PanelFault::OwnerNotEverywhere(key)));
            }
        }
        roles.push(Role {
            permissions: permissions(&key, &span, role.permissions, features)?,
            key,
            title: role.title,
            clients,
            assignable: role.assignable,
            takes_seat: role.takes_seat,
            administers_users: role.administers_users,
        });
    }
    if roles.is_empty() {
        return Err(Found(0..0, PanelFault::NoRoles));
    }
    if !roles.iter().any(|role| role.administers_users) {
        return Err(Found(0..0, PanelFault::NobodyAdministers));
    }
    Ok(roles)
}

fn reach(role: &str, at: &Range<usize>, word: Option<&Spanned<String>>, divided: bool) -> Result<Reach, Found> {
    let role = role.to_owned();
    let Some(word) = word else {
        return if divided { Err(Found(at.clone(), PanelFault::NoClients(role))) } else { Ok(Reach::All) };
    };
    match word.get_ref().as_str() {
        "all" => Ok(Reach::All),
        "none" => Ok(Reach::None),
        "assigned" if divided => Ok(Reach::Assigned),
        "assigned" => Err(Found(word.span(), PanelFault::NothingToAssign(role))),
        other => Err(Found(word.span(), PanelFault::UnknownClients { role, word: other.to_owned() })),
    }
}

fn permissions(
    role: &str,
    at: &Range<usize>,
    written: Option<PermissionsFile>,
    features: &[Feature],
) -> Result<RolePermissions, Found> {
    let none = || Found(at.clone(), PanelFault::NoPermissions(role.to_owned()));
    match written.ok_or_else(none)? {
        PermissionsFile::Word(word) if word == "all" => {
            let highest = |f: &Feature| (f.key.clone(), f.levels.last().map_or(NONE, String::as_str).to_owned());
            Ok(RolePermissions::Fixed(Permissions(features.iter().map(highest).collect())))
        }
        PermissionsFile::Word(word) if word == "custom" => Ok(RolePermissions::Custom),
        PermissionsFile::Word(word) => {
            Err(Found(at.clone(), PanelFault::UnknownPermissions { role: role.to_owned(), word }))
        }
        PermissionsFile::Table(table) => {
            let table = table_of(table, features)?;
            if table.0.values().all(|level| level == NONE) { Err(none()) } else { Ok(RolePermissions::Fixed(table)) }
        }
    }
}

fn table_of(table: Vec<(Spanned<String>, Spanned<String>)>, features: &[Feature]) -> Result<Permissions, Found> {
    let mut whole: BTreeMap<_, _> = features.iter().map(|f| (f.key.clone(), NONE.to_owned())).collect();
    for (feature, level) in table {
        let Some(known) = features.iter().find(|f| f.key == *feature.get_ref()) else {
            return Err(Found(feature.span(), PanelFault::UnknownFeature(feature.into_inner())));
        };
        if known.height(level.get_ref()).is_none() {
            let fault = PanelFault::UnknownLevel { feature: known.key.clone(), level: level.get_ref().clone() };
            return Err(Found(level.span(), fault));
        }
        whole.insert(feature.into_inner(), level.into_inner());
    }
    Ok(Permissions(whole))
}

fn limits(written: Option<LimitsFile>) -> Result<Limits, Found> {
    let Some(LimitsFile { seats }) = written else {
        return Ok(Limits { seats: SeatCount::Organization });
    };
    let span = seats.span();
    match seats.into_inner() {
        SeatsFile::Number(count) => Ok(Limits { seats: SeatCount::Fixed(count) }),
        SeatsFile::Word(word) if word == "organization" => Ok(Limits { seats: SeatCount::Organization }),
        SeatsFile::Word(word) => Err(Found(span, PanelFault::UnknownSeats(word))),
    }
}
