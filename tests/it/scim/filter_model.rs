//! Filters, sorting and paging against a naive model: random trees over random people give exactly the model's set,
//! whatever an engine's index proposes.

use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use crate::harness::thoroughness;
use doorward::protocol::scim::Document;
use doorward::protocol::scim::filter::Filter;
use doorward::protocol::scim::profile::Profile;
use doorward::protocol::scim::schema::{Registry, ResourceType};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use serde_json::{Value, json};

const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const WORDS: [&str; 12] = ["a", "A", "ab", "aB", "b", "ba", "work", "ß", "ss", "a\"\\b", "z\u{10ffff}", "é 1"];
const OPERATORS: [&str; 9] = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

/// An e-mail address of the model.
#[derive(Debug, Clone)]
struct Email {
    value: String,
    kind: Option<String>,
    primary: bool,
}

/// A person of the model, in plain fields.
#[derive(Debug, Clone, Default)]
struct Person {
    id: String,
    user_name: String,
    external: Option<String>,
    title: Option<String>,
    family: Option<String>,
    department: Option<String>,
    active: bool,
    emails: Vec<Email>,
    groups: Vec<String>,
}

fn word(dice: &mut StdRng) -> String {
    (*WORDS.choose(dice).unwrap()).to_owned()
}

fn maybe(dice: &mut StdRng) -> Option<String> {
    dice.random_bool(0.6).then(|| word(dice))
}

impl Person {
    fn draw(dice: &mut StdRng, number: usize) -> Self {
        let mut emails: Vec<Email> = Vec::new();
        for _ in 0..dice.random_range(0..4) {
            let email = Email { value: format!("{}@x", word(dice)), kind: maybe(dice), primary: false };
            let same = |one: &Email| {
                fold(&one.value) == fold(&email.value)
                    && one.kind.as_deref().map(fold) == email.kind.as_deref().map(fold)
            };
            if !emails.iter().any(same) {
                emails.push(email);
            }
        }
        if let Some(one) = emails.last_mut().filter(|_| dice.random_bool(0.5)) {
            one.primary = true;
        }
        Self {
            user_name: format!("{}{number}", word(dice)),
            external: dice.random_bool(0.6).then(|| format!("{}{number}", word(dice))),
            title: maybe(dice),
            family: maybe(dice),
            department: maybe(dice),
            active: dice.random_bool(0.7),
            emails,
            ..Self::default()
        }
    }

    fn body(&self) -> Value {
        let mut body = json!({"schemas": [CORE, ENTERPRISE], "userName": self.user_name, "active": self.active});
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body[name] = value;
            }
        };
        put("externalId", self.external.as_ref().map(|text| json!(text)));
        put("title", self.title.as_ref().map(|text| json!(text)));
        put("name", self.family.as_ref().map(|text| json!({"familyName": text})));
        put(ENTERPRISE, self.department.as_ref().map(|text| json!({"department": text})));
        let emails: Vec<_> = self.emails.iter().map(Email::body).collect();
        put("emails", (!emails.is_empty()).then(|| json!(emails)));
        body
    }

    /// The texts of an attribute.
    fn texts(&self, name: &str) -> Vec<&str> {
        match name {
            "userName" => vec![&self.user_name],
            "id" => vec![&self.id],
            "externalId" => self.external.as_deref().into_iter().collect(),
            "title" => self.title.as_deref().into_iter().collect(),
            "name.familyName" => self.family.as_deref().into_iter().collect(),
            "department" => self.department.as_deref().into_iter().collect(),
            "emails.value" => self.emails.iter().map(|email| email.value.as_str()).collect(),
            "emails.type" => self.emails.iter().filter_map(|email| email.kind.as_deref()).collect(),
            "groups.value" => self.groups.iter().map(String::as_str).collect(),
            other => panic!("no attribute {other}"),
        }
    }
}

impl Email {
    fn body(&self) -> Value {
        let mut body = json!({"value": self.value});
        if let Some(kind) = &self.kind {
            body["type"] = json!(kind);
        }
        if self.primary {
            body["primary"] = json!(true);
        }
        body
    }
}

/// Case folding as far as the words above go.
fn fold(text: &str) -> String {
    text.to_lowercase().replace('ß', "ss")
}

fn exact(name: &str) -> bool {
    matches!(name, "id" | "externalId")
}

fn holds(operator: &str, found: &str, asked: &str) -> bool {
    match operator {
        "eq" => found == asked,
        "co" => found.contains(asked),
        "sw" => found.starts_with(asked),
        "ew" => found.ends_with(asked),
        "gt" => found > asked,
        "ge" => found >= asked,
        "lt" => found < asked,
        "le" => found <= asked,
        other => panic!("no operator {other}"),
    }
}

/// Some texts against one: `ne` means that none is equal.
fn compare(texts: &[&str], operator: &str, asked: &str, exact: bool) -> bool {
    let form = |text: &str| if exact { text.to_owned() } else { fold(text) };
    let asked = form(asked);
    match operator {
        "ne" => !texts.iter().any(|text| form(text) == asked),
        operator => texts.iter().any(|text| holds(operator, &form(text), &asked)),
    }
}

/// A filter of the model.
#[derive(Debug, Clone)]
enum Tree {
    And(Box<Tree>, Box<Tree>),
    Or(Box<Tree>, Box<Tree>),
    Not(Box<Tree>),
    Text(&'static str, &'static str, String),
    Present(&'static str),
    Absent(&'static str),
    Active(bool),
    /// One e-mail whose type and value are these (operator and text for each).
    Email(Box<Within>),
    /// `emails[…].value op "…"`.
    EmailTail(Box<Within>, &'static str, String),
}

/// A filter over one e-mail.
#[derive(Debug, Clone)]
enum Within {
    And(Box<Within>, Box<Within>),
    Or(Box<Within>, Box<Within>),
    Not(Box<Within>),
    Value(&'static str, String),
    Type(&'static str, String),
    Primary(bool),
    TypePresent,
}

impl Within {
    fn draw(dice: &mut StdRng, depth: usize) -> Self {
        let two = |dice: &mut StdRng| (Box::new(Self::draw(dice, depth - 1)), Box::new(Self::draw(dice, depth - 1)));
        match dice.random_range(0..if depth == 0 { 5 } else { 9 }) {
            0 | 1 => Self::Value(OPERATORS.choose(dice).unwrap(), word(dice) + "@x"),
            2 => Self::Type(OPERATORS.choose(dice).unwrap(), word(dice)),
            3 => Self::Primary(dice.random_bool(0.5)),
            4 => Self::TypePresent,
            5 | 6 => {
                let (left, right) = two(dice);
                Self::And(left, right)
            }
            7 => {
                let (left, right) = two(dice);
                Self::Or(left, right)
            }
            _ => Self::Not(two(dice).0),
        }
    }

    fn holds(&self, email: &Email) -> bool {
        match self {
            Self::And(left, right) => left.holds(email) && right.holds(email),
            Self::Or(left, right) => left.holds(email) || right.holds(email),
            Self::Not(one) => !one.holds(email),
            Self::Value(operator, asked) => compare(&[&email.value], operator, asked, false),
            Self::Type(operator, asked) => {
                compare(&email.kind.as_deref().into_iter().collect::<Vec<_>>(), operator, asked, false)
            }
            Self::Primary(asked) => email.primary == *asked,
            Self::TypePresent => email.kind.is_some(),
        }
    }

    fn text(&self, dice: &mut StdRng) -> String {
        match self {
            Self::And(left, right) => format!("({}) and ({})", left.text(dice), right.text(dice)),
            Self::Or(left, right) => format!("({}) or ({})", left.text(dice), right.text(dice)),
            Self::Not(one) => format!("not ({})", one.text(dice)),
            Self::Value(operator, asked) => format!("value {} {}", cased(dice, operator), json!(asked)),
            Self::Type(operator, asked) => format!("{} {operator} {}", cased(dice, "type"), json!(asked)),
            Self::Primary(asked) => format!("primary eq {asked}"),
            Self::TypePresent => "type pr".to_owned(),
        }
    }
}

/// Names and operators are written in any case.
fn cased(dice: &mut StdRng, text: &str) -> String {
    if dice.random_bool(0.2) { text.to_uppercase() } else { text.to_owned() }
}

const TEXTS: [&str; 8] =
    ["userName", "externalId", "title", "name.familyName", "department", "emails.value", "emails.type", "groups.value"];

impl Tree {
    fn draw(dice: &mut StdRng, people: &[Person], depth: usize) -> Self {
        if depth > 0 && dice.random_bool(0.5) {
            let mut one = || Box::new(Self::draw(dice, people, depth - 1));
            let (left, right) = (one(), one());
            return match dice.random_range(0..5) {
                0 | 1 => Self::And(left, right),
                2 | 3 => Self::Or(left, right),
                _ => Self::Not(left),
            };
        }
        let name = *TEXTS.choose(dice).unwrap();
        match dice.random_range(0..12) {
            0 => Self::Present(name),
            1 if !matches!(name, "userName" | "externalId" | "emails.value") => Self::Absent(name),
            2 => Self::Active(dice.random_bool(0.5)),
            3 => Self::Email(Box::new(Within::draw(dice, 2))),
            4 => Self::EmailTail(Box::new(Within::draw(dice, 1)), OPERATORS.choose(dice).unwrap(), word(dice) + "@x"),
            5 => Self::Text("id", "eq", people.choose(dice).unwrap().id.clone()),
            // What somebody has, so that something is found.
            6..=8 => match people.choose(dice).unwrap().texts(name).choose(dice) {
                Some(text) => Self::Text(name, if dice.random_bool(0.7) { "eq" } else { "sw" }, (*text).to_owned()),
                None => Self::Present(name),
            },
            _ => Self::Text(name, OPERATORS.choose(dice).unwrap(), word(dice)),
        }
    }

    fn holds(&self, person: &Person) -> bool {
        match self {
            Self::And(left, right) => left.holds(person) && right.holds(person),
            Self::Or(left, right) => left.holds(person) || right.holds(person),
            Self::Not(one) => !one.holds(person),
            Self::Text(name, operator, asked) => compare(&person.texts(name), operator, asked, exact(name)),
            Self::Present(name) => !person.texts(name).is_empty(),
            Self::Absent(name) => person.texts(name).is_empty(),
            Self::Active(asked) => person.active == *asked,
            Self::Email(within) => person.emails.iter().any(|email| within.holds(email)),
            Self::EmailTail(within, operator, asked) => {
                // As elsewhere `ne` means that none of those is equal.
                let (negated, operator) = if *operator == "ne" { (true, "eq") } else { (false, *operator) };
                let tail = Within::Value(operator, asked.clone());
                negated != person.emails.iter().any(|email| within.holds(email) && tail.holds(email))
            }
        }
    }

    fn text(&self, dice: &mut StdRng) -> String {
        match self {
            Self::And(left, right) => format!("({}) {} ({})", left.text(dice), cased(dice, "and"), right.text(dice)),
            Self::Or(left, right) => format!("({}) {} ({})", left.text(dice), cased(dice, "or"), right.text(dice)),
            Self::Not(one) => format!("{} ({})", cased(dice, "not"), one.text(dice)),
            Self::Text(name, operator, asked) => {
                format!("{} {} {}", named(dice, name), cased(dice, operator), json!(asked))
            }
            Self::Present(name) => format!("{} pr", named(dice, name)),
            Self::Absent(name) => format!("{} eq null", named(dice, name)),
            Self::Active(asked) => format!("{} eq {asked}", named(dice, "active")),
            Self::Email(within) => format!("emails[{}]", within.text(dice)),
            Self::EmailTail(within, operator, asked) => {
                format!("emails[{}].value {operator} {}", within.text(dice), json!(asked))
            }
        }
    }
}

/// An attribute in one of its spellings.
fn named(dice: &mut StdRng, name: &str) -> String {
    match (name, dice.random_range(0..4)) {
        ("department", 0..=2) => format!("{ENTERPRISE}:department"),
        ("emails.value", 0) => "emails".to_owned(),
        ("groups.value", 0) => "groups".to_owned(),
        (name, 1) if name != "department" && !exact(name) => format!("{CORE}:{name}"),
        (name, 2) => name.to_lowercase(),
        (name, _) => name.to_owned(),
    }
}

/// What a person is sorted by.
fn sort_key(person: &Person, by: &str) -> Option<String> {
    let text = match by {
        "emails" => {
            let primary = person.emails.iter().find(|email| email.primary);
            primary.or(person.emails.first()).map(|email| email.value.as_str())
        }
        by => person.texts(by).first().copied(),
    };
    text.map(|text| if exact(by) { text.to_owned() } else { fold(text) })
}

/// The ids that should come, in order: by id, or sorted with the unassigned last (first where descending).
fn expected(people: &[Person], tree: &Tree, sort: Option<(&str, bool)>) -> Vec<String> {
    let mut found: Vec<_> = people.iter().filter(|person| tree.holds(person)).collect();
    found.sort_by(|a, b| a.id.cmp(&b.id));
    if let Some((by, descending)) = sort {
        let key = |person: &Person| {
            let key = sort_key(person, by);
            (key.is_none(), key)
        };
        found.sort_by(|a, b| if descending { key(b).cmp(&key(a)) } else { key(a).cmp(&key(b)) });
    }
    found.into_iter().map(|person| person.id.clone()).collect()
}

/// The people of a test: in the model, in the directory, and in two groups.
async fn populate(directory: &Directory, gw: &TestGateway, dice: &mut StdRng) -> Vec<Person> {
    let mut people = Vec::new();
    for number in 0..30 {
        gw.wait(chrono::Duration::milliseconds(1));
        let mut person = Person::draw(dice, number);
        person.id = directory.call("POST", "/Users", Some(person.body())).await.expect(201).id();
        people.push(person);
    }
    for name in ["one", "two"] {
        let members: Vec<_> = people.iter().filter(|_| dice.random_bool(0.3)).map(|person| person.id.clone()).collect();
        let group = directory
            .create_group(name, &members.iter().map(String::as_str).collect::<Vec<_>>())
            .await
            .expect(201)
            .id();
        people
            .iter_mut()
            .filter(|person| members.contains(&person.id))
            .for_each(|person| person.groups.push(group.clone()));
    }
    people
}

/// All pages of a query, by position or by cursor; the ids in the order in which they came, and what was asked.
async fn pages(directory: &Directory, mut asked: Value, by_cursor: bool, count: usize) -> Vec<String> {
    let mut ids = Vec::new();
    asked["count"] = json!(count);
    let mut place = if by_cursor { json!("") } else { json!(1) };
    loop {
        asked[if by_cursor { "cursor" } else { "startIndex" }] = place.clone();
        let page = directory.call("POST", "/Users/.search", Some(asked.clone())).await.expect(200).body;
        let shown = page["Resources"].as_array().unwrap();
        assert!(shown.len() <= count && page["itemsPerPage"] == shown.len(), "{asked}: {page}");
        ids.extend(shown.iter().map(|one| one["id"].as_str().unwrap().to_owned()));
        place = if by_cursor {
            page["nextCursor"].clone()
        } else {
            let total = usize::try_from(page["totalResults"].as_u64().unwrap()).unwrap();
            if ids.len() < total && !shown.is_empty() { json!(ids.len() + 1) } else { Value::Null }
        };
        if place.is_null() {
            return ids;
        }
    }
}

on_both_engines! {
    async fn r040_r046_filters_sorting_and_pages_agree_with_a_naive_model(engine) {
        for seed in 0..thoroughness() as u64 {
            let gw = TestGateway::start(engine).await;
            let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
            let mut dice = StdRng::seed_from_u64(seed);
            let people = populate(&okta, &gw, &mut dice).await;
            let mut found = 0;
            for _ in 0..150 {
                let tree = Tree::draw(&mut dice, &people, 3);
                let by = ["userName", "title", "name.familyName", "emails", "externalId", "department"].choose(&mut dice).unwrap();
                let sort = dice.random_bool(0.4).then(|| (*by, dice.random_bool(0.5)));
                let mut asked = json!({"filter": tree.text(&mut dice), "attributes": ["id"]});
                if let Some((by, descending)) = sort {
                    asked["sortBy"] = json!(by);
                    asked["sortOrder"] = json!(if descending { "descending" } else { "ascending" });
                }
                let (by_cursor, count) = (dice.random_bool(0.4), *[3, 7, 1000].choose(&mut dice).unwrap());
                let expected = expected(&people, &tree, sort);
                found += expected.len();
                let shown = pages(&okta, asked.clone(), by_cursor, count).await;
                assert_eq!(shown, expected, "seed {seed}, {asked}, cursor {by_cursor}, count {count}, {tree:?}");
            }
            assert!(found > 300, "the filters are about somebody");
        }
    }
}

#[test]
fn r040_r046_the_evaluation_agrees_with_a_naive_model() {
    let registry = Registry::standard();
    let mut dice = StdRng::seed_from_u64(11);
    for round in 0..3000 * thoroughness() {
        let mut people: Vec<_> = (0..4).map(|number| Person::draw(&mut dice, number)).collect();
        for person in &mut people {
            person.id = format!("id{}", person.user_name);
        }
        let tree = Tree::draw(&mut dice, &people, 4);
        let text = tree.text(&mut dice);
        let filter = Filter::parse(&text, registry, ResourceType::User, Profile::Auto).unwrap();
        for person in people {
            let mut document: Document = person.body().as_object().unwrap().clone();
            document.insert("id".into(), json!(person.id));
            assert_eq!(filter.matches(&document), tree.holds(&person), "round {round}: {text} of {person:?}");
        }
    }
}
