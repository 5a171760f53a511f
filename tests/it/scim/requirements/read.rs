//! 35: GET of one resource (RFC 7644 §3.4.1).

use super::{ENTERPRISE, directory, user};
use crate::harness::database::on_both_engines;
use crate::harness::gateway::TestGateway;
use serde_json::json;

on_both_engines! {
    async fn r035_one_resource_is_read_whether_active_or_not_and_as_much_of_it_as_is_asked(engine) {
        let gw = TestGateway::start(engine).await;
        let idp = directory(&gw, "acme", "auto").await;
        let ada = user(&gw, &idp, "ada", json!({"active": false, "title": "x", "emails": [{"value": "a@x.test"}], ENTERPRISE: {"department": "D"}})).await.expect(201);
        let path = format!("/Users/{}", ada.id());
        let got = idp.get(&path).await.expect(200);
        assert_eq!((&got.body, got.header("location"), got.header("etag")), (&ada.body, ada.header("location"), "W/\"1\""));
        let some = idp.get(&format!("{path}?attributes=title,emails")).await.expect(200).body;
        let keys: Vec<_> = some.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["schemas", "id", "title", "emails", "meta"]);
        let rest = idp.get(&format!("{path}?excludedAttributes=title,emails,{ENTERPRISE}")).await.expect(200).body;
        let keys: Vec<_> = rest.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(keys, ["schemas", "id", "userName", "active", "meta"]);
        let group = idp.create_group("g", &[&ada.id()]).await.expect(201).id();
        assert_eq!(idp.get(&format!("/Groups/{group}")).await.expect(200).body["members"][0]["value"], ada.id());
        assert!(idp.get(&format!("/Groups/{group}?excludedAttributes=members")).await.expect(200).body.get("members").is_none());
        for absent in ["/Users/none", &format!("/Users/{group}"), &format!("/Groups/{}", ada.id()), "/Users/00000000-0000-7000-8000-000000000000", "/Users/bulkId"] {
            idp.get(absent).await.refused(404, "");
        }
        idp.get(&format!("{path}?attributes=title&excludedAttributes=emails")).await.refused(400, "invalidValue");
        let list_words = idp.get(&format!("{path}?filter=&count=x&startIndex=1&cursor=&sortOrder=up&attributes=title&")).await.expect(200);
        assert_eq!(list_words.body, idp.get(&format!("{path}?attributes=title")).await.expect(200).body, "what lists are asked for says nothing here");
        let made = idp.call("POST", "/Users?filter=&count=x", Some(json!({"userName": "bob"}))).await.expect(201);
        idp.call("DELETE", &format!("/Users/{}?startIndex=x", made.id()), None).await.expect(204);
    }
}
