//! 21 to 24, 26, 28 and 29: media types, error bodies, addresses, methods (RFC 7644 §3.1, §3.8, §3.12).

use super::{USER, directory, user};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::{Directory, TestGateway, usual_rules};
use doorward::store::resources::{self, Kind, ResourceRow};
use doorward::store::{Done, StoreError, directories};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const SCIM: &str = "application/scim+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

/// Sends a request line as it is, which no well-behaved client would; the answer as it comes.
async fn by_wire(idp: &Directory, method: &str, path: &str) -> String {
    let (host, base) = idp.base.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut wire = tokio::net::TcpStream::connect(host).await.unwrap();
    let head = format!(
        "{method} /{base}{path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
        idp.token
    );
    wire.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    wire.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

on_both_engines! {
    async fn r021_bodies_are_read_under_every_name_of_json(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let good = ["application/scim+json", "application/scim+json; charset=utf-8", "application/json", "application/json;charset=UTF-8",
                    "APPLICATION/SCIM+JSON", "application/json; odata=verbose", " application/json ", ""];
        for (at, kind) in good.into_iter().enumerate() {
            let body = json!({"schemas": [USER], "userName": format!("user{at}")}).to_string();
            let made = idp.raw("POST", "/Users", &[("content-type", kind)], body).await;
            assert_eq!((made.status, made.header("content-type")), (201, SCIM), "{kind:?}");
        }
        let body = json!({"schemas": [USER], "userName": "bare"}).to_string();
        idp.raw("POST", "/Users", &[], body.clone()).await.expect(201);
        idp.raw("POST", "/Users", &[], "userName=ada").await.refused(400, "invalidSyntax");
        for kind in ["text/plain", "application/xml", "application/x-www-form-urlencoded", "application/json-patch+json", "multipart/form-data; boundary=x", "json"] {
            for (method, path) in [("POST", "/Users"), ("POST", "/Groups"), ("POST", "/.search"), ("POST", "/Users/.search"), ("POST", "/Bulk")] {
                idp.raw(method, path, &[("content-type", kind)], body.clone()).await.refused(415, "");
            }
        }
        let id = user(&gw, &idp, "ada", json!({})).await.expect(201).id();
        for method in ["PUT", "PATCH"] {
            idp.raw(method, &format!("/Users/{id}"), &[("content-type", "text/plain")], body.clone()).await.refused(415, "");
        }
        // A type without a body says nothing.
        idp.raw("GET", "/Users?count=0", &[("content-type", "text/plain")], "").await.expect(200);
    }

    async fn r021_r023_answers_have_the_type_that_is_asked_for_and_are_never_not_acceptable(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        for (at, (accept, expected)) in [
            ("application/scim+json", SCIM), ("application/json", JSON), ("*/*", SCIM), ("application/*", SCIM),
            ("application/json, application/scim+json", SCIM), ("application/scim+json;q=0.5, application/json;q=0.9", SCIM),
            ("application/json;charset=utf-8", JSON), ("APPLICATION/JSON", JSON), ("text/html", SCIM), ("text/xml, */*;q=0.1", SCIM), ("nonsense", SCIM),
        ].into_iter().enumerate() {
            let headers = [("accept", accept), ("accept-charset", "utf-8"), ("user-agent", "Okta SCIM Client 1.0.0")];
            let body = json!({"userName": format!("user{at}")}).to_string();
            for (method, path, body, status) in [
                ("GET", "/Users", "", 200), ("GET", "/ServiceProviderConfig", "", 200), ("GET", "/Users/none", "", 404), ("GET", "/nowhere", "", 404),
                ("POST", "/Users", body.as_str(), 201), ("POST", "/Users", "{", 400), ("DELETE", "/Users", "", 405),
            ] {
                let reply = idp.raw(method, path, &headers, body.to_owned()).await;
                assert_eq!((reply.status, reply.header("content-type")), (status, expected), "{method} {path} for {accept}");
            }
        }
    }

    async fn r022_every_refusal_below_the_base_is_in_scims_words(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let id = user(&gw, &idp, "ada", json!({})).await.expect(201).id();
        idp.with_token("wrong").get("/Users").await.refused(401, "");
        idp.with_token("wrong").get("/nowhere/at/all").await.refused(401, "");
        for path in ["/nowhere", "/users", "/Users/none", &format!("/Users/{id}/more"), "/Users/a/b/c", "/Me/more", "/Schemas/none", "/ResourceTypes/none",
                     "/Users/%20", "/Users/%00", "/Users/..%2f..%2fGroups", "/Users/%F0%9F%A6%80", "/favicon.ico", "/Users/null", "/Users/undefined"] {
            let reply = idp.get(path).await;
            reply.refused(404, "");
        }
        for (method, path) in [("PATCH", "/Users"), ("POST", "/ServiceProviderConfig"), ("GET", "/Bulk")] {
            idp.raw(method, path, &[], "").await.refused(405, "");
        }
        for body in ["", "{", "null", "[]", "\"text\"", "7", "{\"userName\": \"a\u{0}b\"}", "{\"userName\": \"ada\",}", "\u{1F980}"] {
            for (method, path) in [("POST", "/Users".to_owned()), ("PUT", format!("/Users/{id}")), ("PATCH", format!("/Users/{id}")), ("POST", "/Users/.search".to_owned())] {
                idp.raw(method, &path, &[], body).await.refused(400, "invalidSyntax");
            }
        }
        idp.raw("POST", "/Users", &[], b"{\"userName\": \"\xff\xfe\"}".to_vec()).await.refused(400, "invalidSyntax");
        idp.raw("POST", "/Users", &[], r#"{"userName": "a\u0000b"}"#).await.refused(400, "invalidValue");
        idp.raw("POST", "/Users", &[], r#"{"userName": "a\ud800"}"#).await.refused(400, "invalidSyntax");
        idp.raw("POST", "/Users", &[], " ".repeat(1024 * 1024 + 1)).await.refused(413, "");
        idp.raw("POST", "/Users", &[("content-type", "text/plain")], "x").await.refused(415, "");
        assert_eq!(idp.get("/?count=0").await.expect(200).body["totalResults"], 1);
    }

    async fn r022_a_pause_and_a_fault_of_ours_are_in_scims_words(engine) {
        let gw = TestGateway::limited(engine, 1).await;
        let idp = directory(&gw, "acme", "auto").await;
        let mut last = idp.get("/Users").await;
        for _ in 0..20 {
            if last.status == 200 {
                last = idp.get("/Users").await;
            }
        }
        last.refused(429, "");
        assert!(last.header("retry-after").parse::<u32>().unwrap() >= 1);
        // A row that nobody can read, as no call of ours writes it.
        let other = gw.organization("other", None, usual_rules()).await;
        let idp = other.directory("idp", "auto").await;
        let id = user(&gw, &idp, "ada", json!({})).await.expect(201).id();
        let broken = id.parse().unwrap();
        gw.gateway.store.write::<_, StoreError, _>(other.org, async move |tx| {
            let src = directories::list(tx).await?[0].src;
            let (row, _) = resources::get(tx, src, Kind::User, broken).await?.unwrap();
            let unread = ResourceRow { doc: "no JSON".into(), ..row.clone() };
            resources::update(tx, &row, &unread).await?;
            Ok(Done::of(()))
        }).await.unwrap();
        let failed = idp.get(&format!("/Users/{id}")).await;
        failed.refused(500, "");
        assert!(!failed.body.to_string().contains("no JSON"));
    }

    async fn r024_addresses_with_too_much_in_them_lead_to_the_same_place(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let id = user(&gw, &idp, "ada", json!({})).await.expect(201).id();
        for path in ["/Users", "/Users/", "//Users", "//Users//", "/Users?", "/Users?&", "/Users/?", "/Users?aadOptscim062020", "/Users?aadOptscim062020&",
                     "/Users?aadOptscim062020=", "/Users?&&count=5&", "/Users?unknown=1&unknown=2&%20=%20", "/Users?=", "/Users?filter=userName+eq+%22ada%22&",
                     "//Users/?startIndex=1&count=100&", "/", "", "?", "/?", "//"] {
            let list = idp.get(path).await.expect(200);
            assert_eq!((&list.body["totalResults"], &list.body["Resources"][0]["userName"]), (&json!(1), &json!("ada")), "{path}");
        }
        for path in [format!("/Users/{id}"), format!("/Users/{id}/"), format!("//Users//{id}?"), format!("/Users/{id}?&aadOptscim062020")] {
            assert_eq!(idp.get(&path).await.expect(200).id(), id, "{path}");
            idp.call("PUT", &path, Some(json!({"userName": "ada"}))).await.expect(200);
            idp.patch(&path, json!([{"op": "replace", "path": "title", "value": path}])).await.expect(200);
        }
        for path in ["/ServiceProviderConfig/", "//Schemas", "/ResourceTypes/User/", "//ResourceTypes?", "/Schemas?aadOptscim062020"] {
            idp.get(path).await.expect(200);
        }
        idp.call("POST", "/Users/", Some(json!({"userName": "bob"}))).await.expect(201);
        idp.call("POST", "//Users?aadOptscim062020", Some(json!({"userName": "cleo"}))).await.expect(201);
        idp.call("POST", "/Users/.search/", Some(json!({}))).await.expect(200);
        idp.call("DELETE", &format!("/Users/{id}/?"), None).await.expect(204);
    }

    async fn r026_a_neighbours_token_and_a_neighbours_id_say_nothing(engine) {
        let gw = TestGateway::start(engine).await;
        let acme = gw.organization("acme", None, usual_rules()).await;
        let (idp, sibling) = (acme.directory("one", "auto").await, acme.directory("two", "auto").await);
        let stranger = directory(&gw, "zeta", "auto").await;
        let ada = user(&gw, &idp, "ada", json!({})).await.expect(201).id();
        let none = "00000000-0000-7000-8000-000000000000";
        for other in [&sibling, &stranger] {
            let foreign = other.get(&format!("/Users/{ada}")).await;
            let absent = other.get(&format!("/Users/{none}")).await;
            foreign.refused(404, "");
            assert_eq!(foreign.body.to_string().replace(&ada, none), absent.body.to_string());
            let wrong = idp.with_token(&other.token).get("/Users").await;
            wrong.refused(401, "");
            let mut nowhere = other.clone();
            nowhere.base = format!("{}/scim/v2/dir-00000000000000000000000000000000", gw.base);
            let unknown = nowhere.get("/Users").await;
            assert_eq!((wrong.status, &wrong.body), (unknown.status, &unknown.body));
            assert_eq!(wrong.header("www-authenticate"), unknown.header("www-authenticate"));
        }
    }

    async fn r028_a_method_that_an_address_does_not_take_is_405_with_those_that_it_takes(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let id = user(&gw, &idp, "ada", json!({})).await.expect(201).id();
        let one = format!("/Users/{id}");
        for (path, allowed, wrong) in [
            ("/Users", "GET, POST", &["PUT", "PATCH", "DELETE", "QUERY"][..]), ("/Groups", "GET, POST", &["PUT", "PATCH", "DELETE"]),
            (&one, "GET, PUT, PATCH, DELETE", &["POST", "TRACE"]), ("/ServiceProviderConfig", "GET", &["POST", "PUT", "PATCH", "DELETE"]),
            ("/Schemas", "GET", &["POST", "DELETE"]), ("/ResourceTypes/User", "GET", &["POST", "PUT", "DELETE"]),
            ("/Bulk", "POST", &["GET", "PUT", "DELETE"]), ("/.search", "POST", &["GET", "PUT"]), ("/Users/.search", "POST", &["GET", "DELETE"]), ("/", "GET", &["POST", "DELETE"]),
        ] {
            for method in wrong {
                let reply = idp.call(method, path, None).await;
                reply.refused(405, "");
                assert_eq!(reply.header("allow"), allowed, "{method} {path}");
            }
        }
        // An override asks for nothing: it is a POST.
        idp.raw("POST", &one, &[("x-http-method-override", "DELETE")], "").await.refused(405, "");
        idp.get(&one).await.expect(200);
        let head = idp.call("HEAD", &one, None).await.expect(200);
        assert_eq!((head.header("etag"), head.header("content-type")), ("W/\"1\"", SCIM));
        idp.call("HEAD", "/Users", None).await.expect(200);
        idp.call("HEAD", "/Users/none", None).await.expect(404);
        for path in ["/Users", &one, "/nowhere", ""] {
            assert_eq!(idp.call("OPTIONS", path, None).await.expect(204).body, json!(null), "{path}");
        }
    }

    async fn r029_discovery_is_read_with_a_token(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        for path in ["/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/Group", "/Schemas", &format!("/Schemas/{USER}"), &format!("/Schemas/{}", USER.to_uppercase())] {
            let document = idp.get(path).await.expect(200);
            assert_eq!(document.header("content-type"), SCIM);
            idp.with_token("").get(path).await.refused(401, "");
        }
    }

    async fn r051_queries_arrive_as_clients_write_them(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        user(&gw, &idp, "ada+x@acme.test", json!({"emails": [{"value": "a&b=c%@acme.test", "type": "work"}], "title": "R&D"})).await.expect(201);
        user(&gw, &idp, "Zoë", json!({})).await.expect(201);
        for (query, expected) in [
            ("filter=userName%20eq%20%22ada%2Bx%40acme.test%22", 1), ("filter=userName+eq+%22ada%2Bx@acme.test%22&", 1), ("filter=userName+eq+%22ada%2bx@acme.test%22", 1),
            ("filter=userName%09eq%0A%22ada%2Bx%40acme.test%22", 1), ("filter=emails[type+eq+%22work%22].value+eq+%22a%26b%3Dc%25@acme.test%22", 1),
            ("filter=emails%5Btype%20eq%20%22work%22%5D.value%20co%20%22a%26b=c%%22", 1), ("filter=userName+eq+%22Zo%C3%AB%22", 1), ("filter=userName+eq+%22Zoë%22", 1),
            ("filter=title+eq+%22R%26D%22", 1), ("filter=userName+eq+%22ada%252Bx@acme.test%22", 0), ("filter=(userName+pr)", 2), ("FILTER=userName+pr", 2),
            ("filter=%20userName%20pr%20", 2), ("startIndex=%31&filter=user%4eame+pr", 2),
        ] {
            let answer = by_wire(&idp, "GET", &format!("/Users?{query}")).await;
            assert!(answer.starts_with("HTTP/1.1 200"), "{query}: {answer}");
            assert!(answer.contains(&format!("\"totalResults\":{expected}")), "{query}: {answer}");
        }
        for query in ["filter=userName+eq+%22Zo%EB%22", "filter=userName+eq+%22%FF%22", "filter=userName+eq+%22%00%22", "filter=userName+eq+%22%5Cu0000%22"] {
            let answer = by_wire(&idp, "GET", &format!("/Users?{query}")).await;
            assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("invalidFilter"), "{query}: {answer}");
        }
    }
}
