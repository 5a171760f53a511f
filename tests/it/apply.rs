//! What `doorward apply` leaves alone and what it refuses, with the program itself.

use crate::harness::database::{Engine, TestDatabase, on_both_engines};
use crate::harness::program::{Program, command, reason, said};
use doorward::protocol::jose::{Alg, SigningKey};
use serde_json::{Value, json};
use std::path::PathBuf;

/// A file to apply, in a folder of its own. It is taken away with this value.
struct File(PathBuf);

impl File {
    /// The example with these replacements.
    fn example(database: &TestDatabase, changes: &[(&str, &str)]) -> Self {
        let name: String = database.url.chars().filter(char::is_ascii_alphanumeric).collect();
        let folder = std::env::temp_dir().join(format!("doorward-apply-{name}-{}", changes.len()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut text = include_str!("../../config/example.toml").to_owned();
        for (old, new) in changes {
            assert!(text.contains(old), "{old} is in the example");
            text = text.replace(old, new);
        }
        std::fs::write(folder.join("acme.toml"), text).unwrap();
        std::fs::write(folder.join("idp.xml"), "<EntityDescriptor/>").unwrap();
        Self(folder)
    }

    fn apply(&self, database: &TestDatabase) -> std::process::Output {
        command(database).arg("apply").arg(self.0.join("acme.toml")).arg("--json").output().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn shown(database: &TestDatabase, arguments: &[&str]) -> Value {
    serde_json::from_str(&said(&command(database).args(arguments).output().unwrap())).unwrap()
}

on_both_engines! {
    async fn what_the_file_leaves_out_stays_and_the_owner_is_not_changed(engine) {
        let database = TestDatabase::new(engine).await;
        said(&File::example(&database, &[]).apply(&database));
        let organization = shown(&database, &["org", "show", "acme", "--json"]);
        assert_eq!(organization["enforcement"], "optional");
        let people = shown(&database, &["user", "list", "--org", "acme", "--json"]);
        let changes = [
            ("enforcement = \"optional\"", "# enforcement is left out:"),
            ("olive@acme.test", "eve@acme.test"),
            ("Olive Owner", "Eve Else"),
        ];
        said(&File::example(&database, &changes).apply(&database));
        assert_eq!(shown(&database, &["org", "show", "acme", "--json"]), organization);
        assert_eq!(shown(&database, &["user", "list", "--org", "acme", "--json"]), people, "Olive owns it still");
    }

    async fn what_is_set_of_a_directory_stays_where_the_file_says_nothing_of_it(engine) {
        let database = TestDatabase::new(engine).await;
        said(&File::example(&database, &[]).apply(&database));
        let set = ["directory", "set", "okta", "--org", "acme", "--profile", "okta", "--events", "notice"];
        said(&command(&database).args(set).output().unwrap());
        let silent = File::example(&database, &[(", profile = \"auto\"", "")]);
        said(&silent.apply(&database));
        let listed = || shown(&database, &["directory", "list", "--org", "acme", "--json"])[0].clone();
        assert_eq!((&listed()["profile"], &listed()["events"]), (&json!("okta"), &json!("notice")));
        let loud = File::example(&database, &[("profile = \"auto\"", "profile = \"ping\", events = \"full\", roles = \"draft\""), ("olive", "olive")]);
        said(&loud.apply(&database));
        assert_eq!((&listed()["profile"], &listed()["events"]), (&json!("ping"), &json!("full")));
        assert_eq!(listed()["roles"], "draft");
        for (key, value, rule) in [("profile", "octa", "auto"), ("events", "loud", "notice"), ("roles", "entra", "draft")] {
            let wrong = File::example(&database, &[("profile = \"auto\"", &format!("{key} = \"{value}\"")), ("olive", "olive"), ("Olive", "Olive")]);
            let refused = reason(&wrong.apply(&database));
            assert!(refused.contains(key) && refused.contains(rule), "{refused}");
        }
        assert_eq!(listed()["events"], "full", "nothing was changed");
    }

    async fn metadata_that_proves_nothing_changes_nothing(engine) {
        let database = TestDatabase::new(engine).await;
        said(&File::example(&database, &[]).apply(&database));
        let before = shown(&database, &["org", "show", "acme", "--json"]);
        let changes =
            [("Acme Ltd", "Acme Renamed"), ("kind = \"saml\",", "kind = \"saml\", metadata_file = \"idp.xml\",")];
        let refused = reason(&File::example(&database, &changes).apply(&database));
        assert!(refused.contains("saml"), "it names the connection: {refused}");
        assert_eq!(shown(&database, &["org", "show", "acme", "--json"]), before);
    }

    async fn the_clients_of_a_directory_are_made_once_and_changed_where_the_file_changes(engine) {
        let database = TestDatabase::new(engine).await;
        let key = |alg| json!({"keys": [SigningKey::generate(alg).unwrap().0.public_jwk()]}).to_string();
        let plain = r#"directory = [{ key = "okta", profile = "auto" }]"#;
        let entra = r#"{ key = "entra", issuer = "https://login.test/t/v2.0", jwks_uri = "https://login.test/t/keys", subject = "s", audience = "api://x" }"#;
        let with = |clients: &str| format!(r#"directory = [{{ key = "okta", profile = "auto", client = [{clients}] }}]"#);
        let apply = |clients: &str, keys: &str| {
            let file = File::example(&database, &[(plain, &with(clients))]);
            std::fs::write(file.0.join("keys.json"), keys).unwrap();
            file.apply(&database)
        };
        let answered = |output| -> Value { serde_json::from_str(&said(&output)).unwrap() };
        let keys = key(Alg::Es256);
        let three = format!(r#"{{ key = "ping" }}, {{ key = "own", jwks_file = "keys.json" }}, {entra}"#);
        let made = answered(apply(&three, &keys));
        let clients = made["organizations"][0]["directories"][0]["clients"].clone();
        let secret = clients[0]["client_secret"].as_str().unwrap().to_owned();
        assert!(clients[0]["key"] == "ping" && clients[1].get("client_secret").is_none(), "{clients}");
        let again = answered(apply(&three, &keys));
        assert_eq!(again["changed"], json!([]));
        let kept = &again["organizations"][0]["directories"][0]["clients"];
        assert!(kept[0].get("client_secret").is_none() && kept[0]["client_id"] == clients[0]["client_id"], "{kept}");
        // What was answered works with the program.
        let program = Program::serve(&database);
        let ask = async || {
            let form = [("grant_type", "client_credentials"), ("client_id", clients[0]["client_id"].as_str().unwrap()), ("client_secret", secret.as_str())];
            reqwest::Client::new().post(format!("{}/scim/oauth/token", program.base)).form(&form).send().await.unwrap()
        };
        let answer = ask().await;
        assert_eq!(answer.status(), 200);
        let token = answer.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned();
        let directory = made["organizations"][0]["directories"][0]["id"].as_str().unwrap();
        let call = async || {
            let address = format!("{}/scim/v2/{directory}/Users?count=0", program.base);
            reqwest::Client::new().get(address).bearer_auth(&token).send().await.unwrap().status()
        };
        assert_eq!(call().await, 200);
        // Another key set is a change; another way of proof ends what there was.
        let changed = answered(apply(&three, &key(Alg::Es256)));
        assert_eq!(changed["changed"], json!(["acme: client own of directory okta updated"]));
        answered(apply(r#"{ key = "ping", jwks_file = "keys.json" }"#, &keys));
        assert_eq!((ask().await.status(), call().await), (401.try_into().unwrap(), 401.try_into().unwrap()));
        program.terminate();
        let (ended, log) = program.ended();
        assert!(ended && log.contains("a client of a directory was refused"), "{log}");
        for told in [&secret, &token] {
            assert!(!log.contains(&told[told.len() - 20..]), "no secret is in the log");
        }
        let refusals = [
            (r#"{ key = "x", secret = "mine" }"#, "secret"), (r#"{ key = "x" }, { key = "x" }"#, "twice"),
            (r#"{ key = "x", issuer = "https://a.test" }"#, "subject"), (r#"{ key = "x", jwks_file = "none.json" }"#, "none.json"),
            (r#"{ key = "x", jwks_uri = "http://a.test/keys" }"#, "https"),
        ];
        for (clients, names) in refusals {
            let refused = reason(&apply(clients, &keys));
            assert!(refused.contains(names), "{names}: {refused}");
        }
    }

    async fn a_password_for_somebody_of_the_directory_is_refused(engine) {
        let database = TestDatabase::new(engine).await;
        let file = File::example(&database, &[]);
        let made: Value = serde_json::from_str(&said(&file.apply(&database))).unwrap();
        let directory = &made["organizations"][0]["directories"][0];
        let program = Program::serve(&database);
        let id = directory["id"].as_str().unwrap();
        let push = reqwest::Client::new()
            .post(format!("{}/scim/v2/{id}/Users", program.base))
            .bearer_auth(directory["token"].as_str().unwrap())
            .json(&json!({"userName": "ada@acme.test", "emails": [{"value": "ada@acme.test"}]}));
        assert_eq!(push.send().await.unwrap().status(), 201);
        let people = shown(&database, &["user", "list", "--org", "acme", "--json"]);
        let refused = reason(&File::example(&database, &[("lena@acme.test", "ada@acme.test")]).apply(&database));
        assert!(refused.contains("ada@acme.test"), "{refused}");
        assert_eq!(shown(&database, &["user", "list", "--org", "acme", "--json"]), people);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_master_key_is_made_beside_the_file_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let database = TestDatabase::new(Engine::Sqlite).await;
    let listed =
        || command(&database).env_remove("DOORWARD_MASTER_KEY").args(["org", "list", "--json"]).output().unwrap();
    said(&listed());
    let key = PathBuf::from(format!("{}.key", database.url.strip_prefix("sqlite:").unwrap()));
    let (mode, made) = (std::fs::metadata(&key).unwrap().permissions().mode(), std::fs::read_to_string(&key).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    said(&listed());
    assert_eq!(std::fs::read_to_string(&key).unwrap(), made, "it is made once");
    let other = reason(&command(&database).args(["org", "list", "--json"]).output().unwrap());
    assert!(other.contains("master key"), "another key does not open the database: {other}");
    std::fs::remove_file(&key).unwrap();
}
