//! PATCH against a naive model that was written from the case table (requirement 73), not from the code: random sequences
//! give the model's document, or are refused and change nothing.

mod steps;

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{TestGateway, usual_rules};
use crate::harness::thoroughness;
use doorward::protocol::scim::patch::PatchRequest;
use doorward::protocol::scim::profile::Profile;
use doorward::protocol::scim::schema::{Registry, ResourceType};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use steps::{Phone, Step, Which};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

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
