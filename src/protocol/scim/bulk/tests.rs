use super::*;

fn parse(operations: Value) -> Result<BulkRequest, ScimError> {
    let body = json!({ "schemas": [BULK_REQUEST_URN], "Operations": operations });
    BulkRequest::parse(body, BulkLimits { operations: 1000, bytes: 1 }, Profile::Auto)
}

fn make(path: &str, bulk_id: &str, members: &[&str]) -> Value {
    let members: Vec<_> = members.iter().map(|id| json!({ "value": format!("bulkId:{id}") })).collect();
    json!({ "method": "POST", "path": path, "bulkId": bulk_id, "data": { "displayName": bulk_id, "members": members } })
}

#[test]
fn r080_r084_each_operation_is_good_or_faulty_for_itself() {
    let request = parse(json!([
        { "method": "POST", "path": "/Users", "bulkId": "a", "data": {} },
        { "method": "POST", "path": "/Users", "data": {} },
        { "method": "delete", "path": "/Groups/g1", "version": "W/\"1\"" },
        { "method": "POST", "path": "/Bulk", "bulkId": "b", "data": {} },
        { "method": "PATCH", "path": "/Users", "data": {} },
        { "method": "GET", "path": "/Users/1" },
        { "method": "PUT", "path": "/Users/1" },
        3
    ]))
    .unwrap();
    let good: Vec<_> = request.operations.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, false, true, false, false, false, false, false]);
    assert_eq!(request.operations[2].as_ref().unwrap().id.as_deref(), Some("g1"));
}

#[test]
fn r082_r083_duplicates_and_too_many_are_refused_whole() {
    assert_eq!(parse(json!([make("/Users", "a", &[]), make("/Users", "a", &[])])).unwrap_err().status, 400);
    let many: Vec<_> = (0..1001).map(|_| json!({})).collect();
    let error = parse(Value::Array(many)).unwrap_err();
    assert!(error.status == 413 && error.detail.contains("maxOperations is 1000"));
}

#[test]
fn r082_forward_references_come_first_and_cycles_are_one_step() {
    let order = |operations| steps(&parse(operations).unwrap().operations);
    let forward = order(json!([make("/Groups", "g", &["u"]), make("/Users", "u", &[]), make("/Users", "v", &[])]));
    assert_eq!(forward, [Step::One(1), Step::One(0), Step::One(2)]);
    let cycle =
        order(json!([make("/Groups", "a", &["b"]), make("/Users", "u", &[]), make("/Groups", "b", &["a", "u"])]));
    assert_eq!(cycle, [Step::One(1), Step::Cycle(vec![0, 2])]);
    assert_eq!(order(json!([make("/Groups", "a", &["a"])])), [Step::One(0)]);
}

#[test]
fn r082_a_long_chain_of_references_does_not_exhaust_the_stack() {
    let chain: Vec<_> = (0..1000).map(|n| make("/Groups", &format!("g{n}"), &[&format!("g{}", n + 1)])).collect();
    let order = steps(&parse(Value::Array(chain)).unwrap().operations);
    assert_eq!((order.len(), &order[0]), (1000, &Step::One(999)));
}

#[test]
fn r082_references_are_replaced_in_paths_and_anywhere_in_data() {
    let request = parse(json!([{ "method": "PATCH", "path": "/Groups/bulkId:g", "data": { "Operations": [
        { "op": "add", "path": "members", "value": [{ "value": "bulkId:u", "$ref": "/Users/bulkId:u" }] },
        { "op": "remove", "path": "members[value eq \"bulkId:u\" or value eq \"bulkId:g\"]" },
        { "op": "replace", "path": "displayName", "value": "see bulkId:u" }
    ] } }]));
    let mut operation = request.unwrap().operations.remove(0).unwrap();
    assert_eq!(resolve(&mut operation.clone(), &HashMap::from([("u".into(), "1".into())])), Err("g".to_owned()));
    resolve(&mut operation, &HashMap::from([("u".into(), "1".into()), ("g".into(), "2".into())])).unwrap();
    assert_eq!(operation.id.as_deref(), Some("2"));
    let data = &operation.data["Operations"];
    assert_eq!(data[0]["value"], json!([{ "value": "1", "$ref": "/Users/1" }]));
    assert_eq!(data[1]["path"], json!("members[value eq \"1\" or value eq \"2\"]"));
    assert_eq!(data[2]["value"], json!("see bulkId:u"));
}

#[test]
fn r081_an_answer_has_its_status_as_a_string_and_the_error_of_a_failure() {
    let outcome = BulkOutcome {
        method: "POST".into(),
        bulk_id: Some("a".into()),
        version: None,
        location: None,
        status: 409,
        error: Some(ScimError::uniqueness("taken")),
    };
    let body = bulk_response(&[outcome]);
    let one = &body["Operations"][0];
    assert_eq!(
        (&one["status"], &one["bulkId"], &one["response"]["scimType"]),
        (&json!("409"), &json!("a"), &json!("uniqueness"))
    );
    assert!(one.get("location").is_none());
}
