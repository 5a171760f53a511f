//! PATCH against a naive model that was written from the case table (requirement 73), not from the code: random sequences
//! give the model's document, or are refused and change nothing.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use crate::harness::thoroughness;
use doorward::protocol::scim::patch::PatchRequest;
use doorward::protocol::scim::profile::Profile;
use doorward::protocol::scim::schema::{Registry, ResourceType};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const TYPES: [&str; 3] = ["work", "home", "other"];
const TEXTS: [&str; 5] = ["a", "b", "c", "Å d", "e\"f"];

fn pick(dice: &mut StdRng, from: &[&'static str]) -> &'static str {
    from.choose(dice).unwrap()
}

/// One element of `phoneNumbers`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Phone {
    value: Option<&'static str>,
    kind: Option<&'static str>,
    display: Option<&'static str>,
    primary: bool,
}

impl Phone {
    fn draw(dice: &mut StdRng) -> Self {
        Self {
            value: Some(pick(dice, &TEXTS)),
            kind: dice.random_bool(0.7).then(|| pick(dice, &TYPES)),
            display: dice.random_bool(0.3).then(|| pick(dice, &TEXTS)),
            primary: dice.random_bool(0.25),
        }
    }

    fn body(&self) -> Value {
        let mut body = json!({});
        for (name, text) in [("value", self.value), ("type", self.kind), ("display", self.display)] {
            if let Some(text) = text {
                body[name] = json!(text);
            }
        }
        if self.primary {
            body["primary"] = json!(true);
        }
        body
    }

    fn set(&mut self, sub: &str, text: Option<&'static str>) {
        match sub {
            "value" => self.value = text,
            "type" => self.kind = text,
            "display" => self.display = text,
            other => panic!("no sub-attribute {other}"),
        }
    }
}

/// Which elements an operation is about.
#[derive(Debug, Clone)]
enum Which {
    Type(&'static str),
    Value(&'static str),
    Primary,
    TypeAndValue(&'static str, &'static str),
    NotType(&'static str),
    TypeOrType(&'static str, &'static str),
}

impl Which {
    fn draw(dice: &mut StdRng) -> Self {
        match dice.random_range(0..8) {
            0..=2 => Self::Type(pick(dice, &TYPES)),
            3 => Self::Value(pick(dice, &TEXTS)),
            4 => Self::Primary,
            5 => Self::TypeAndValue(pick(dice, &TYPES), pick(dice, &TEXTS)),
            6 => Self::NotType(pick(dice, &TYPES)),
            _ => Self::TypeOrType(pick(dice, &TYPES), pick(dice, &TYPES)),
        }
    }

    fn holds(&self, phone: &Phone) -> bool {
        match self {
            Self::Type(kind) => phone.kind == Some(kind),
            Self::Value(value) => phone.value == Some(value),
            Self::Primary => phone.primary,
            Self::TypeAndValue(kind, value) => phone.kind == Some(kind) && phone.value == Some(value),
            Self::NotType(kind) => phone.kind != Some(kind),
            Self::TypeOrType(one, other) => phone.kind == Some(one) || phone.kind == Some(other),
        }
    }

    /// The element that a pure `eq`-and-`and` filter describes (cases h and n).
    fn described(&self) -> Option<Phone> {
        let empty = Phone::default();
        match self {
            Self::Type(kind) => Some(Phone { kind: Some(kind), ..empty }),
            Self::Value(value) => Some(Phone { value: Some(value), ..empty }),
            Self::Primary => Some(Phone { primary: true, ..empty }),
            Self::TypeAndValue(kind, value) => Some(Phone { kind: Some(kind), value: Some(value), ..empty }),
            Self::NotType(_) | Self::TypeOrType(..) => None,
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Type(kind) => format!("type eq {}", json!(kind)),
            Self::Value(value) => format!("value eq {}", json!(value)),
            Self::Primary => "primary eq true".to_owned(),
            Self::TypeAndValue(kind, value) => format!("type eq {} and value eq {}", json!(kind), json!(value)),
            Self::NotType(kind) => format!("not (type eq {})", json!(kind)),
            Self::TypeOrType(one, other) => format!("type eq {} or type eq {}", json!(one), json!(other)),
        }
    }
}

/// One operation.
#[derive(Debug, Clone)]
enum Step {
    /// `title`, by path.
    Title(Option<&'static str>),
    RemoveTitle,
    /// Parts of `name`: as one object, or one by its path.
    Name(&'static str, Vec<(&'static str, &'static str)>),
    NamePart(&'static str, Option<&'static str>),
    RemoveName,
    Active(bool),
    RemoveActive,
    AddPhones(Vec<Phone>),
    ReplacePhones(Vec<Phone>),
    RemovePhones,
    RemoveListed(Vec<Phone>),
    RemoveWhich(Which),
    SetSub(&'static str, Which, &'static str, &'static str),
    SetPrimary(Which),
    RemoveSub(Which, &'static str),
    Merge(Which, Phone),
    Swap(Which, Phone),
    Department(Option<&'static str>),
    Extension(&'static str, Option<&'static str>),
    RemoveExtension,
    /// Without a path: title, a dotted name, a department under its URN, phones.
    Pathless(&'static str, Option<&'static str>, Option<&'static str>, Option<&'static str>, Option<Vec<Phone>>),
    /// What may not be written.
    ReadOnly,
}

fn phones(dice: &mut StdRng) -> Vec<Phone> {
    (0..dice.random_range(0..3)).map(|_| Phone::draw(dice)).collect()
}

impl Step {
    fn draw(dice: &mut StdRng) -> Self {
        let some = |dice: &mut StdRng| dice.random_bool(0.6).then(|| pick(dice, &TEXTS));
        let set = |dice: &mut StdRng| pick(dice, &["add", "replace", "Add", "Replace"]);
        match dice.random_range(0..27) {
            0 => Self::Title(some(dice)),
            1 => Self::RemoveTitle,
            2 => {
                let parts =
                    ["familyName", "givenName"].into_iter().filter(|_| dice.random_bool(0.6)).collect::<Vec<_>>();
                Self::Name(set(dice), parts.into_iter().map(|part| (part, pick(dice, &TEXTS))).collect())
            }
            3 => Self::NamePart(pick(dice, &["familyName", "givenName", "middleName"]), some(dice)),
            4 => Self::RemoveName,
            5 => Self::Active(dice.random_bool(0.5)),
            6 if dice.random_bool(0.2) => Self::RemoveActive,
            7..=9 => Self::AddPhones(phones(dice)),
            10 | 11 => Self::ReplacePhones(phones(dice)),
            12 => Self::RemovePhones,
            13 => Self::RemoveListed(phones(dice)),
            14 => Self::RemoveWhich(Which::draw(dice)),
            15..=17 => {
                Self::SetSub(set(dice), Which::draw(dice), pick(dice, &["value", "display"]), pick(dice, &TEXTS))
            }
            18 => Self::SetPrimary(Which::draw(dice)),
            19 => Self::RemoveSub(Which::draw(dice), pick(dice, &["value", "display", "type"])),
            20 => Self::Merge(Which::draw(dice), Phone::draw(dice)),
            21 => Self::Swap(Which::draw(dice), Phone::draw(dice)),
            22 => Self::Department(some(dice)),
            23 => Self::Extension(set(dice), some(dice)),
            24 if dice.random_bool(0.5) => Self::RemoveExtension,
            25 if dice.random_bool(0.1) => Self::ReadOnly,
            _ => {
                let listed = dice.random_bool(0.4).then(|| phones(dice)).filter(|listed| !listed.is_empty());
                Self::Pathless(set(dice), some(dice), some(dice), some(dice), listed)
            }
        }
    }

    fn body(&self) -> Value {
        let list = |phones: &[Phone]| phones.iter().map(Phone::body).collect::<Vec<_>>();
        let at = |which: &Which| format!("phoneNumbers[{}]", which.text());
        match self {
            Self::Title(text) => json!({"op": "replace", "path": "title", "value": text}),
            Self::RemoveTitle => json!({"op": "remove", "path": "title"}),
            Self::Name(op, parts) => {
                let parts: BTreeMap<_, _> = parts.iter().copied().collect();
                json!({"op": op, "path": "name", "value": parts})
            }
            Self::NamePart(part, Some(text)) => json!({"op": "replace", "path": format!("name.{part}"), "value": text}),
            Self::NamePart(part, None) => json!({"op": "remove", "path": format!("name.{part}")}),
            Self::RemoveName => json!({"op": "remove", "path": "name"}),
            Self::Active(active) => {
                json!({"op": "Replace", "path": "active", "value": if *active { "True" } else { "False" }})
            }
            Self::RemoveActive => json!({"op": "remove", "path": "active"}),
            Self::AddPhones(phones) => json!({"op": "add", "path": "phoneNumbers", "value": list(phones)}),
            Self::ReplacePhones(phones) => json!({"op": "replace", "path": "phoneNumbers", "value": list(phones)}),
            Self::RemovePhones => json!({"op": "remove", "path": "phoneNumbers"}),
            Self::RemoveListed(phones) => json!({"op": "Remove", "path": "phoneNumbers", "value": listed(phones)}),
            Self::RemoveWhich(which) => json!({"op": "remove", "path": at(which)}),
            Self::SetSub(op, which, sub, text) => {
                json!({"op": op, "path": format!("{}.{sub}", at(which)), "value": text})
            }
            Self::SetPrimary(which) => json!({"op": "add", "path": format!("{}.primary", at(which)), "value": "True"}),
            Self::RemoveSub(which, sub) => json!({"op": "remove", "path": format!("{}.{sub}", at(which))}),
            Self::Merge(which, phone) => json!({"op": "add", "path": at(which), "value": phone.body()}),
            Self::Swap(which, phone) => json!({"op": "replace", "path": at(which), "value": phone.body()}),
            Self::Department(Some(text)) => {
                json!({"op": "add", "path": format!("{ENTERPRISE}:department"), "value": text})
            }
            Self::Department(None) => json!({"op": "remove", "path": format!("{ENTERPRISE}:department")}),
            Self::Extension(op, text) => {
                json!({"op": op, "path": ENTERPRISE, "value": {"department": text, "division": "d"}})
            }
            Self::RemoveExtension => json!({"op": "remove", "path": ENTERPRISE}),
            Self::Pathless(op, title, given, department, phones) => {
                let mut value = json!({"id": "x"});
                let texts = [
                    ("title".to_owned(), title),
                    ("name.givenName".to_owned(), given),
                    (format!("{ENTERPRISE}:department"), department),
                ];
                for (name, text) in texts {
                    if let Some(text) = text {
                        value[name] = json!(text);
                    }
                }
                if let Some(phones) = phones {
                    value["phoneNumbers"] = json!(list(phones));
                }
                json!({"op": op, "value": value})
            }
            Self::ReadOnly => json!({"op": "replace", "path": "id", "value": "mine"}),
        }
    }
}

/// A removal lists values, and types where they are known.
fn listed(phones: &[Phone]) -> Vec<Value> {
    phones.iter().map(|phone| Phone { display: None, primary: false, ..phone.clone() }.body()).collect()
}

/// The document as the model has it.
#[derive(Debug, Clone, PartialEq, Default)]
struct Model {
    title: Option<&'static str>,
    name: BTreeMap<&'static str, &'static str>,
    active: bool,
    phones: Vec<Phone>,
    department: Option<&'static str>,
    division: bool,
}

/// The refusal that an operation earns.
#[derive(Debug, PartialEq)]
struct Refused(&'static str);

impl Model {
    fn take(&mut self, step: &Step) -> Result<(), Refused> {
        match step {
            Step::Title(text) => self.title = *text,
            Step::RemoveTitle => self.title = None,
            Step::Name(_, parts) => self.name.extend(parts.iter().copied()),
            Step::NamePart(part, Some(text)) => {
                self.name.insert(part, text);
            }
            Step::NamePart(part, None) => {
                self.name.remove(part);
            }
            Step::RemoveName => self.name.clear(),
            Step::Active(active) => self.active = *active,
            Step::RemoveActive => return Err(Refused("invalidValue")),
            Step::Department(text) => self.department = *text,
            Step::Extension(_, text) => {
                self.department = *text;
                self.division = true;
            }
            Step::RemoveExtension => (self.department, self.division) = (None, false),
            Step::Pathless(op, title, given, department, phones) => {
                self.title = title.or(self.title);
                self.name.extend(given.map(|text| ("givenName", text)));
                self.department = department.or(self.department);
                if let Some(phones) = phones {
                    if op.eq_ignore_ascii_case("replace") {
                        self.phones.clear();
                    }
                    self.add(phones);
                }
            }
            Step::ReadOnly => return Err(Refused("mutability")),
            step => return self.take_phones(step),
        }
        Ok(())
    }

    fn take_phones(&mut self, step: &Step) -> Result<(), Refused> {
        self.write_phones(step)?;
        // Of two of the same value and type one is left, with what either has (requirement 8).
        let mut kept: Vec<Phone> = Vec::new();
        for phone in self.phones.drain(..) {
            let same = |one: &&mut Phone| match phone.value {
                Some(_) => one.value == phone.value && one.kind == phone.kind,
                None => **one == phone,
            };
            match kept.iter_mut().find(same) {
                Some(one) => {
                    one.display = one.display.or(phone.display);
                    one.primary |= phone.primary;
                }
                None => kept.push(phone),
            }
        }
        self.phones = kept;
        Ok(())
    }

    fn write_phones(&mut self, step: &Step) -> Result<(), Refused> {
        match step {
            Step::AddPhones(phones) => self.add(phones),
            Step::ReplacePhones(phones) => {
                self.phones.clear();
                self.add(phones);
            }
            Step::RemovePhones => self.phones.clear(),
            Step::RemoveListed(listed) => {
                let names = |one: &Phone, phone: &Phone| {
                    one.value == phone.value && (one.kind.is_none() || one.kind == phone.kind)
                };
                self.phones.retain(|phone| !listed.iter().any(|one| names(one, phone)));
            }
            Step::RemoveWhich(which) => self.phones.retain(|phone| !which.holds(phone)),
            Step::SetSub(_, which, sub, text) => {
                let written = self.chosen(which, true)?;
                written.iter().for_each(|at| self.phones[*at].set(sub, Some(text)));
                self.last_primary(&written);
            }
            Step::SetPrimary(which) => {
                let written = self.chosen(which, true)?;
                written.iter().for_each(|at| self.phones[*at].primary = true);
                self.last_primary(&written);
            }
            Step::RemoveSub(which, sub) => {
                let chosen: Vec<_> = self.phones.iter().map(|phone| which.holds(phone)).collect();
                let mut chosen = chosen.into_iter();
                self.phones.retain_mut(|phone| {
                    let chosen = chosen.next().unwrap();
                    if chosen {
                        phone.set(sub, None);
                    }
                    // What has no value is no number (case q).
                    !chosen || phone.value.is_some()
                });
            }
            Step::Merge(which, new) => {
                let written = self.chosen(which, false)?;
                written.iter().for_each(|at| overlay(&mut self.phones[*at], new));
                self.last_primary(&written);
            }
            Step::Swap(which, new) => {
                let written = self.chosen(which, false)?;
                written.iter().for_each(|at| self.phones[*at] = new.clone());
                self.last_primary(&written);
            }
            step => panic!("{step:?} is about something else"),
        }
        Ok(())
    }

    /// Appends, each over the one of the same value and type if it is there.
    fn add(&mut self, phones: &[Phone]) {
        let mut written = Vec::new();
        for new in phones {
            let same = self.phones.iter().position(|phone| phone.value == new.value && phone.kind == new.kind);
            let at = same.unwrap_or(self.phones.len());
            match self.phones.get_mut(at) {
                Some(phone) => overlay(phone, new),
                None => self.phones.push(new.clone()),
            }
            written.push(at);
        }
        self.last_primary(&written);
    }

    /// The elements that a filter chooses; made from the filter where it chooses none.
    fn chosen(&mut self, which: &Which, make: bool) -> Result<Vec<usize>, Refused> {
        let chosen: Vec<_> = (0..self.phones.len()).filter(|at| which.holds(&self.phones[*at])).collect();
        if !chosen.is_empty() || !make {
            return Ok(chosen);
        }
        self.phones.push(which.described().ok_or(Refused("noTarget"))?);
        Ok(vec![self.phones.len() - 1])
    }

    /// Of what was just written the last primary wins over everything else (requirement 8, 3.1.9).
    fn last_primary(&mut self, written: &[usize]) {
        if let Some(winner) = written.iter().copied().filter(|at| self.phones[*at].primary).max() {
            self.phones.iter_mut().enumerate().for_each(|(at, phone)| phone.primary &= at == winner);
        }
    }

    fn document(&self) -> Value {
        let mut body = json!({"userName": "ada", "active": self.active});
        if let Some(title) = self.title {
            body["title"] = json!(title);
        }
        if !self.name.is_empty() {
            body["name"] = json!(self.name);
        }
        if self.department.is_some() || self.division {
            let mut extension = json!({});
            self.department.inspect(|text| extension["department"] = json!(text));
            if self.division {
                extension["division"] = json!("d");
            }
            body[ENTERPRISE] = extension;
        }
        let mut phones: Vec<_> = self.phones.iter().map(Phone::body).collect();
        phones.sort_by_key(Value::to_string);
        if !phones.is_empty() {
            body["phoneNumbers"] = json!(phones);
        }
        body
    }
}

fn overlay(phone: &mut Phone, new: &Phone) {
    phone.value = new.value.or(phone.value);
    phone.kind = new.kind.or(phone.kind);
    phone.display = new.display.or(phone.display);
    phone.primary |= new.primary;
}

/// What is compared: without what the server adds, order and `primary: false` apart.
fn comparable(document: &Value) -> Value {
    let mut document = document.clone();
    let fields = document.as_object_mut().unwrap();
    for name in ["schemas", "id", "meta", "groups"] {
        fields.remove(name);
    }
    if let Some(phones) = fields.get_mut("phoneNumbers").and_then(Value::as_array_mut) {
        for phone in phones.iter_mut() {
            let sorted: BTreeMap<_, _> =
                phone.as_object().unwrap().iter().filter(|(_, value)| **value != json!(false)).collect();
            let order = ["value", "type", "display", "primary"];
            *phone = Value::Object(
                order
                    .iter()
                    .filter_map(|name| Some(((*name).to_owned(), (**sorted.get(&(*name).to_owned())?).clone())))
                    .collect(),
            );
        }
        phones.sort_by_key(Value::to_string);
    }
    document
}

/// One request of up to four operations; whole numbers of elements to swap or merge are there, else the case is unsaid.
fn request(dice: &mut StdRng, model: &Model) -> (Vec<Step>, Result<Model, Refused>) {
    loop {
        let steps: Vec<_> = (0..dice.random_range(1..5)).map(|_| Step::draw(dice)).collect();
        let (mut after, mut outcome, mut unsaid) = (model.clone(), Ok(()), false);
        for step in &steps {
            if let Step::Merge(which, _) | Step::Swap(which, _) = step {
                unsaid |= !after.phones.iter().any(|phone| which.holds(phone));
            }
            // An empty object is neither a value nor the absence of one.
            unsaid |= matches!(step, Step::Name(_, parts) if parts.is_empty());
            outcome = after.take(step);
            if outcome.is_err() {
                break;
            }
        }
        if !unsaid {
            return (steps, outcome.map(|()| after));
        }
    }
}

#[test]
fn r073_patch_agrees_with_a_naive_model() {
    let registry = Registry::standard();
    let mut dice = StdRng::seed_from_u64(5);
    for round in 0..400 * thoroughness() {
        let (mut model, mut document) =
            (Model { active: true, ..Model::default() }, json!({"userName": "ada", "active": true}));
        for _ in 0..12 {
            let (steps, outcome) = request(&mut dice, &model);
            let operations: Vec<_> = steps.iter().map(Step::body).collect();
            let body = json!({"schemas": [PATCH], "Operations": operations});
            let request = PatchRequest::parse(body, ResourceType::User, Profile::Auto).unwrap();
            let patched = request.apply(registry, document.as_object().unwrap());
            match outcome {
                Ok(after) => {
                    let patched = patched.unwrap_or_else(|e| panic!("round {round}: {steps:?} on {document}: {e}"));
                    let after_document = Value::Object(patched.document);
                    assert_eq!(
                        comparable(&after_document),
                        comparable(&after.document()),
                        "round {round}: {steps:?} on {document}"
                    );
                    assert_eq!(patched.changed, after_document != document);
                    (model, document) = (after, after_document);
                }
                Err(Refused(why)) => {
                    let refusal = patched.map(|patched| patched.document).unwrap_err();
                    assert_eq!(refusal.scim_type.unwrap().keyword(), why, "round {round}: {steps:?} on {document}");
                }
            }
        }
    }
}

on_both_engines! {
    async fn r070_r073_patches_over_http_agree_with_a_naive_model(engine) {
        for seed in 0..3 * thoroughness() as u64 {
            let gw = TestGateway::start(engine).await;
            let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
            let made = okta.call("POST", "/Users", Some(json!({"userName": "ada"}))).await.expect(201);
            let path = format!("/Users/{}", made.id());
            let (mut dice, mut model, mut shown) = (StdRng::seed_from_u64(seed), Model { active: true, ..Model::default() }, made.body);
            for turn in 0..40 {
                gw.wait(chrono::Duration::seconds(1));
                let (steps, outcome) = request(&mut dice, &model);
                let reply = okta.patch(&path, steps.iter().map(Step::body).collect()).await;
                let now = okta.get(&path).await.expect(200).body;
                match outcome {
                    Ok(after) => {
                        assert_eq!(reply.status, 200, "seed {seed} turn {turn}: {steps:?}: {}", reply.body);
                        assert_eq!(comparable(&now), comparable(&after.document()), "seed {seed} turn {turn}: {steps:?} on {shown}");
                        assert_eq!(reply.body, now);
                        // A version moves with the document and with nothing else (requirement 71).
                        let same = |one: &Value| { let mut one = one.clone(); one.as_object_mut().unwrap().remove("meta"); one };
                        assert_eq!(now["meta"] == shown["meta"], same(&now) == same(&shown), "seed {seed} turn {turn}: {steps:?}");
                        (model, shown) = (after, now);
                    }
                    Err(Refused(why)) => {
                        assert_eq!((reply.status, &reply.body["scimType"]), (400, &json!(why)), "seed {seed} turn {turn}: {steps:?}");
                        assert_eq!(now, shown, "seed {seed} turn {turn}: {steps:?}");
                    }
                }
            }
        }
    }
}
