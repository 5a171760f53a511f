//! Bad input of any kind: a SCIM error in bounded time, and nothing has changed.

use crate::harness::database::{Engine, on_both_engines};
use crate::harness::gateway::{Directory, Reply, TestGateway, usual_rules};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// What an answer may take here, with a debug build on a busy machine.
const SLOWEST: Duration = Duration::from_secs(20);

/// One directory with Ada and a group that she is in.
struct Home {
    okta: Directory,
    ada: String,
    group: String,
}

impl Home {
    async fn of(gw: &TestGateway) -> Self {
        let okta = gw.organization("acme", None, usual_rules()).await.directory("okta", "auto").await;
        let ada = okta.create_user("ada@acme.test").await.expect(201).id();
        let group = okta.create_group("panel-north-users", &[&ada]).await.expect(201).id();
        Self { okta, ada, group }
    }

    /// Sends it and insists: a refusal of this status in SCIM's words, soon, and nothing has changed.
    async fn refused(&self, what: &str, method: &str, path: &str, body: Vec<u8>, status: u16) {
        let before = self.okta.everything().await;
        let begun = Instant::now();
        let reply = self.okta.send(method, path, body).await;
        assert!(begun.elapsed() < SLOWEST, "{what}: {:?}", begun.elapsed());
        is_refusal(what, &reply);
        assert_eq!(reply.status, status, "{what}: {}", reply.body);
        assert_eq!(self.okta.everything().await, before, "{what}");
    }
}

fn is_refusal(what: &str, reply: &Reply) {
    assert_eq!(reply.body["schemas"], json!([ERROR]), "{what}: {reply:?}");
    assert_eq!(reply.body["status"], reply.status.to_string(), "{what}");
    let detail = reply.body["detail"].as_str().unwrap();
    assert!((10..2000).contains(&detail.len()), "{what}: {detail}");
    assert!(reply.headers["content-type"].to_str().unwrap().starts_with("application/scim+json"), "{what}");
}

fn patch_of(operations: &str) -> Vec<u8> {
    format!(r#"{{"schemas":["{PATCH}"],"Operations":{operations}}}"#).into_bytes()
}

/// A text that no compression makes short.
fn noise(bytes: usize) -> String {
    let mut state = 7_u64;
    let step = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from(state >> 59).unwrap() % 26)
    };
    (0..bytes).map(step).collect()
}

on_both_engines! {
    async fn what_is_no_json_is_invalid_syntax(engine) {
        let gw = TestGateway::start(engine).await;
        let home = Home::of(&gw).await;
        let bodies: [(&str, Vec<u8>); 12] = [
            ("nothing", Vec::new()),
            ("blanks", vec![b' '; 500_000]),
            ("half", br#"{"userName":"#.to_vec()),
            ("invalid UTF-8", b"{\"userName\":\"\xff\xfe\"}".to_vec()),
            ("a lone surrogate", br#"{"userName":"a\ud800b"}"#.to_vec()),
            ("a raw control character", b"{\"userName\":\"a\x00b\"}".to_vec()),
            ("UTF-16", b"\xff\xfe{\x00}\x00".to_vec()),
            ("a number beyond all", br#"{"userName":1e999}"#.to_vec()),
            ("two values", br#"{"userName":"a"} {}"#.to_vec()),
            ("100,000 brackets", [vec![b'['; 100_000], vec![b']'; 100_000]].concat()),
            ("50,000 objects", [br#"{"a":"#.repeat(50_000), b"1".to_vec(), vec![b'}'; 50_000]].concat()),
            ("no object", b"[]".to_vec()),
        ];
        for (what, body) in bodies {
            for (method, path) in [("POST", "/Users".to_owned()), ("PUT", format!("/Users/{}", home.ada)),
                ("PATCH", format!("/Groups/{}", home.group)), ("POST", "/Bulk".to_owned()), ("POST", "/.search".to_owned())] {
                home.refused(what, method, &path, body.clone(), 400).await;
            }
        }
    }

    async fn u0000_is_refused_wherever_it_stands(engine) {
        let gw = TestGateway::start(engine).await;
        let home = Home::of(&gw).await;
        let (ada, group) = (format!("/Users/{}", home.ada), format!("/Groups/{}", home.group));
        for (method, path, body) in [
            ("POST", "/Users", json!({"userName": "a\0b"})),
            ("POST", "/Users", json!({"userName": "a", "x\0": 1})),
            ("POST", "/Groups", json!({"displayName": "g", "members": [{"value": home.ada, "display": "\0"}]})),
            ("PUT", &ada, json!({"userName": "ada", "externalId": "\0"})),
            ("PATCH", &ada, json!({"Operations": [{"op": "add", "path": "title", "value": "\0"}]})),
            ("PATCH", &ada, json!({"Operations": [{"op": "add", "path": "emails[type eq \"\\u0000\"].value", "value": "a"}]})),
            ("PATCH", &group, json!({"Operations": [{"op": "remove", "path": "members[value eq \"\0\"]"}]})),
            ("PATCH", &group, json!({"Operations": [{"op": "remove", "path": "members[display eq \"\\u0000\"]"}]})),
            ("POST", "/.search", json!({"filter": "userName eq \"\0\""})),
            ("POST", "/Users/.search", json!({"filter": "userName eq \"\\u0000\""})),
        ] {
            home.refused(&body.to_string(), method, path, body.to_string().into_bytes(), 400).await;
        }
        for path in ["/Users?filter=userName%20eq%20%22%00%22", "/Users?filter=userName%20eq%20a%00b", "/Users?filter=externalId%20eq%20'%00'",
            "/Users?sortBy=%00", "/Users?cursor=%00", "/Users?count=%00"] {
            is_refusal(path, &home.okta.get(path).await.expect(400));
        }
        for path in ["/Users/%00", "/Groups/a%00b", "/Schemas/%00", "/%00"] {
            is_refusal(path, &home.okta.get(path).await.expect(404));
        }
        is_refusal("an address that is no UTF-8", &home.okta.get("/Users/%FF%FE").await.expect(400));
    }

    async fn a_name_that_no_index_takes_is_refused_and_the_longest_that_it_takes_is_found(engine) {
        let gw = TestGateway::start(engine).await;
        let home = Home::of(&gw).await;
        for bytes in [2001, 2700, 9000, 900_000] {
            let long = noise(bytes);
            for (path, body) in [
                ("/Users", json!({"userName": long})),
                ("/Users", json!({"userName": "a", "externalId": long})),
                ("/Users", json!({"userName": "a", "emails": [{"value": long}]})),
                ("/Groups", json!({"displayName": long})),
            ] {
                home.refused(&format!("{bytes} bytes"), "POST", path, body.to_string().into_bytes(), 400).await;
            }
            let operations = json!([{"op": "add", "path": "emails", "value": [{"value": long}]}]).to_string();
            home.refused("by PATCH", "PATCH", &format!("/Users/{}", home.ada), patch_of(&operations), 400).await;
        }
        let long = noise(2000);
        let body = json!({"userName": long, "externalId": long, "title": noise(100_000), "emails": [{"value": long}]});
        let made = home.okta.call("POST", "/Users", Some(body)).await.expect(201).id();
        for name in ["userName", "externalId", "emails.value"] {
            let found = home.okta.get(&format!("/Users?filter={name}%20eq%20%22{long}%22")).await.expect(200).body;
            assert_eq!((&found["totalResults"], &found["Resources"][0]["id"]), (&json!(1), &json!(made)), "{name}");
        }
        home.okta.call("DELETE", &format!("/Users/{made}"), None).await.expect(204);
        // Two bytes of this letter fold to three.
        let growing = json!({"userName": "ŉ".repeat(1000)}).to_string();
        home.refused("it grows when folded", "POST", "/Users", growing.into_bytes(), 400).await;
    }

    async fn filters_of_any_size_are_answered_soon(engine) {
        let gw = TestGateway::start(engine).await;
        let home = Home::of(&gw).await;
        let deep = |n: usize| format!("{}userName pr{}", "(".repeat(n), ")".repeat(n));
        let joined = |one: &dyn Fn(usize) -> String, word: &str, n: usize| (0..n).map(one).collect::<Vec<_>>().join(word);
        for (what, filter, status) in [
            ("60 parentheses", deep(60), 200),
            ("65 parentheses", deep(65), 400),
            ("100,000 parentheses", deep(100_000), 400),
            ("3,000 negations", format!("{}userName pr{}", "not(".repeat(3000), ")".repeat(3000)), 400),
            ("700 names", joined(&|i| format!("userName eq \"a{i}\""), " or ", 700), 200),
            ("700 beginnings", joined(&|i| format!("userName sw \"a{i}\""), " and ", 700), 200),
            ("400 addresses", joined(&|i| format!("emails eq \"a{i}\""), " or ", 400), 200),
            ("400 memberships", joined(&|i| format!("groups eq \"a{i}\""), " and ", 400), 200),
            ("1,000 words", joined(&|_| "title co \"a\"".into(), " or ", 1000), 200),
            ("2,000 terms", joined(&|_| "id pr".into(), " or ", 1300), 400),
            ("a long text", format!("userName eq \"{}\"", "a".repeat(16_000)), 200),
            ("a longer text", format!("userName eq \"{}\"", "a".repeat(17_000)), 400),
        ] {
            let begun = Instant::now();
            let reply = home.okta.call("POST", "/Users/.search", Some(json!({"filter": filter}))).await;
            assert!(begun.elapsed() < SLOWEST, "{what}: {:?}", begun.elapsed());
            assert_eq!(reply.status, status, "{what}: {}", reply.body);
            if status == 400 {
                is_refusal(what, &reply);
            }
        }
    }

    async fn positions_and_parameters_beyond_all_bounds(engine) {
        let gw = TestGateway::start(engine).await;
        let home = Home::of(&gw).await;
        let huge = "9".repeat(40);
        for query in [
            format!("startIndex={huge}&count={huge}"), format!("startIndex=-{huge}&count=-{huge}"),
            format!("startIndex={}&count=1000&filter=userName%20pr", i64::MAX), format!("startIndex={}&sortBy=userName", u64::MAX),
            (0..5000).map(|i| format!("p{i}=1")).collect::<Vec<_>>().join("&"), format!("x={}", "a".repeat(50_000)),
            format!("attributes={}", (0..5000).map(|i| format!("a{i}")).collect::<Vec<_>>().join(",")),
            "&&&&=&?".into(), "count=1&count=2".into(),
        ] {
            home.okta.get(&format!("/Users?{query}")).await.expect(200);
        }
        for query in ["count=1.5", "count=1e3", "startIndex=x", "sortBy=nothing", "sortOrder=up", "cursor=x", "cursor=x&startIndex=1",
            "filter=", "filter=%20", "filter=userName", "filter=userName%20xx%20%22a%22", "attributes=a&excludedAttributes=b"] {
            is_refusal(query, &home.okta.get(&format!("/Users?{query}")).await.expect(400));
        }
        for body in [json!({"count": 1.5}), json!({"count": -1e30}), json!({"startIndex": {}}), json!({"filter": 7}), json!({"attributes": [1]}),
            json!({"sortBy": true}), json!({"cursor": 5}), json!([]), json!(null)] {
            home.refused(&body.to_string(), "POST", "/Users/.search", body.to_string().into_bytes(), 400).await;
        }
        is_refusal("a long path", &home.okta.get(&format!("/{}", "a/".repeat(20_000))).await.expect(404));
    }

    async fn a_precondition_that_is_no_text_holds_for_no_version(engine) {
        let gw = TestGateway::start(engine).await;
        let home = Home::of(&gw).await;
        let before = home.okta.everything().await;
        for value in [&b"\xff"[..], b"W/\"999999999999999999999999\"", b"garbage", b""] {
            let reply = reqwest::Client::new()
                .delete(format!("{}/Users/{}", home.okta.base, home.ada))
                .header("authorization", format!("Bearer {}", home.okta.token))
                .header("if-match", reqwest::header::HeaderValue::from_bytes(value).unwrap())
                .send().await.unwrap();
            assert_eq!(reply.status(), 412, "{value:?}");
        }
        assert_eq!(home.okta.everything().await, before);
    }

    async fn more_unknown_members_than_a_header_takes_are_counted(engine) {
        let gw = TestGateway::start(engine).await;
        let home = Home::of(&gw).await;
        let strangers: Vec<Value> = (0..2000).map(|i| json!({"value": format!("00000000-0000-7000-8000-{i:012}")})).collect();
        let reply = home.okta.patch(&format!("/Groups/{}", home.group), json!([{"op": "add", "path": "members", "value": strangers}])).await.expect(200);
        let skipped = reply.headers["scim-skipped"].to_str().unwrap();
        let named = skipped.split(", ").count() - 1;
        assert!(skipped.len() < 2100 && skipped.ends_with(&format!(", and {} more", 2000 - named)), "{skipped}");
        let unknown: serde_json::Map<String, Value> = (0..5000).map(|i| (format!("x{i}"), json!(1))).collect();
        let mut body = unknown.clone();
        body.insert("title".into(), json!("kept"));
        let reply = home.okta.patch(&format!("/Users/{}", home.ada), json!([{"op": "add", "value": body}])).await.expect(200);
        assert_eq!(reply.body["title"], "kept");
        assert!(reply.headers["scim-skipped"].to_str().unwrap().starts_with("x0, x1, "));
    }
}

/// Sends a body in chunks, without a length; the answer, and how much the server took.
async fn stream(directory: &Directory, method: &str, path: &str, chunks: usize) -> (String, usize) {
    let url = url::Url::parse(&format!("{}{path}", directory.base)).unwrap();
    let stream = TcpStream::connect((url.host_str().unwrap(), url.port().unwrap())).await.unwrap();
    let (mut from, mut to) = stream.into_split();
    let head = format!(
        "{method} {} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/scim+json\r\nTransfer-Encoding: chunked\r\n\r\n",
        url.path(),
        directory.token
    );
    to.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"10000\r\n".to_vec(), vec![b'a'; 0x10000], b"\r\n".to_vec()].concat();
    let mut sent = 0;
    for _ in 0..chunks {
        if to.write_all(&chunk).await.is_err() {
            return (String::new(), sent);
        }
        sent += 0x10000;
    }
    to.write_all(b"0\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4096];
    let read = from.read(&mut answer).await.unwrap();
    (String::from_utf8_lossy(&answer[..read]).into_owned(), sent)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_without_a_length_is_refused_and_one_without_an_end_is_cut_off() {
    let gw = TestGateway::start(Engine::Sqlite).await;
    let home = Home::of(&gw).await;
    let before = home.okta.everything().await;
    let begun = Instant::now();
    let megabytes = |n: usize| n * 1024 * 1024 / 0x10000;
    for path in ["/Users", "/Groups", "/Bulk"] {
        let (answer, sent) = stream(&home.okta, "POST", path, megabytes(100)).await;
        assert!(answer.starts_with("HTTP/1.1 413") && answer.contains(ERROR), "{path}: {sent} {answer}");
    }
    let (_, sent) = stream(&home.okta, "POST", "/Users", megabytes(2000)).await;
    assert!(sent < 200 * 1024 * 1024, "{sent} bytes were taken");
    assert!(begun.elapsed() < SLOWEST);
    assert_eq!(home.okta.everything().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_of_many_megabytes_and_of_millions_of_values_are_refused() {
    let gw = TestGateway::start(Engine::Sqlite).await;
    let home = Home::of(&gw).await;
    let (ada, group) = (format!("/Users/{}", home.ada), format!("/Groups/{}", home.group));
    let around = |head: &str, one: &str, n: usize, tail: &str| {
        [head.as_bytes(), one.repeat(n).as_bytes(), tail.as_bytes()].concat()
    };
    for (what, method, path, body, status) in [
        ("10 MB of a name", "POST", "/Users", around("{\"userName\":\"", "a", 10_000_000, "\"}"), 413),
        (
            "10 MB by PATCH",
            "PATCH",
            &*ada,
            around("{\"Operations\":[{\"op\":\"add\",\"path\":\"title\",\"value\":\"", "a", 10_000_000, "\"}]}"),
            413,
        ),
        ("20 MB of a group", "PUT", &*group, around("{\"displayName\":\"", "a", 20_000_000, "\"}"), 413),
        (
            "8 million numbers as members",
            "POST",
            "/Groups",
            around("{\"displayName\":\"x\",\"members\":[", "0,", 8_000_000, "0]}"),
            413,
        ),
        ("8 million empty operations", "PATCH", &*group, around("{\"Operations\":[", "0,", 8_000_000, "0]}"), 413),
        (
            "a million operations",
            "PATCH",
            &*group,
            around("{\"Operations\":[", "{\"op\":\"add\"},", 1_000_000, "{}]}"),
            413,
        ),
        (
            "5,001 operations",
            "PATCH",
            &*group,
            around("{\"Operations\":[", "{\"op\":\"add\",\"path\":\"displayName\",\"value\":\"a\"},", 5000, "{}]}"),
            400,
        ),
        ("a million in bulk", "POST", "/Bulk", around("{\"Operations\":[", "{\"method\":0},", 1_000_000, "{}]}"), 413),
        (
            "1,001 in bulk",
            "POST",
            "/Bulk",
            around("{\"Operations\":[", "{\"method\":\"DELETE\",\"path\":\"/Users/x\"},", 1000, "{}]}"),
            413,
        ),
        ("200,000 unknown keys", "POST", "/Users", around("{", "\"a\":1,", 140_000, "\"b\":1}"), 413),
    ] {
        home.refused(what, method, path, body, status).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_body_cannot_buy_much_work() {
    let gw = TestGateway::start(Engine::Sqlite).await;
    let home = Home::of(&gw).await;
    let (ada, group) = (format!("/Users/{}", home.ada), format!("/Groups/{}", home.group));
    let emails: Vec<_> = (0..999).map(|i| json!({"value": format!("a{i}@x.test")})).collect();
    home.okta.patch(&ada, json!([{"op": "add", "path": "emails", "value": emails}])).await.expect(200);
    let term = ["value co \\\"zz\\\""; 8].join(" or ");
    let one = format!("{{\"op\":\"remove\",\"path\":\"emails[{term}]\"}}");
    let many = vec![one; 4000].join(",");
    home.refused("4,000 filters over 1,000 elements", "PATCH", &ada, patch_of(&format!("[{many}]")), 400).await;
    let many = ["{\"op\":\"add\",\"path\":\"emails\",\"value\":[{\"value\":\"b\"}]}"; 5000].join(",");
    home.refused("5,000 elements to 1,000", "PATCH", &ada, patch_of(&format!("[{many}]")), 400).await;
    let many = ["{\"op\":\"remove\",\"path\":\"members[display sw \\\"a\\\"]\"}"; 1000].join(",");
    home.refused("1,000 looks at every member", "PATCH", &group, patch_of(&format!("[{many}]")), 400).await;
    let keys: Vec<_> = (0..60_000).map(|i| format!("\"k{i}\":1")).collect();
    let begun = Instant::now();
    let body = format!("{{\"userName\":\"bob\",{}}}", keys.join(","));
    home.okta.send("POST", "/Users", body).await.expect(201);
    assert!(begun.elapsed() < SLOWEST, "60,000 unknown keys took {:?}", begun.elapsed());
}
