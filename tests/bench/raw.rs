//! The raw engine: all the rows that a call writes, in one statement a transaction (pgbench), or in one prepared batch
//! on the SQLite writer. What no program on this engine can beat.

use rusqlite::{Connection, params};
use std::time::{Duration, Instant};

/// A document of the size that a User has.
/// (A colon is followed by a space or a quote: pgbench takes `:word` for a variable.)
pub const DOC: &str = r#"{"userName": "ada.byron@org0.test","externalId": "ext-ada","active":  true,"displayName": "Ada Byron","name": {"givenName": "Ada","familyName": "Byron"},"emails": [{"value": "ada.byron@org0.test","type": "work","primary": true}],"title": "Engineer","phoneNumbers": [{"value": "+44 1234 5678","type": "work"}],"urn-ietf-params-scim-schemas-extension-enterprise-2.0-User": {"department": "R&D","employeeNumber": "1234"}}"#;

/// The rows of a new User: resource, index, person, access, audit, counter.
pub fn create_script() -> String {
    format!(
        r#"\set n random(1, 1000000000000)
\set slot random(0, 15)
WITH i AS MATERIALIZED (SELECT uuid_send(gen_random_uuid()) AS id, uuid_send(gen_random_uuid()) AS person, uuid_send(gen_random_uuid()) AS event),
p AS (INSERT INTO person (org, id, origin, state, locked, epoch, key, email, name, given, family, created, modified)
  SELECT 1, person, 'directory', 'active', false, 1, 'raw' || CAST(:n AS text), 'raw' || CAST(:n AS text), 'Ada Byron', 'Ada', 'Byron', 1, 1 FROM i),
r AS (INSERT INTO resource (org, id, src, kind, person, label, key, ext, active, version, created, modified, doc)
  SELECT 1, id, 1, 1, person, 'raw' || CAST(:n AS text), 'raw' || CAST(:n AS text), 'ext' || CAST(:n AS text), true, 1, 1, 1, '{DOC}' FROM i),
a AS (INSERT INTO attr (org, src, path, val, id) SELECT 1, 1, 1, 'raw' || CAST(:n AS text), id FROM i),
c AS (INSERT INTO access (org, person, version, admin, seat, mark, grants) SELECT 1, person, 1, false, 0, 0, '{{"grants": []}}' FROM i),
e AS (INSERT INTO event (org, id, at, actor, deed, target, body) SELECT 1, event, 1, 'directory dir-0000', 'user_provisioned', 'usr', '{{"person": "usr-00000000000000000000000000000000","ignored": []}}' FROM i)
INSERT INTO counter (org, src, kind, slot, n) VALUES (1, 1, 1, :slot, 1) ON CONFLICT (org, src, kind, slot) DO UPDATE SET n = counter.n + 1;
"#
    )
}

/// The rows of a deactivation: resource, person, access, audit; credentials are looked for.
pub fn deactivate_script(users: u64) -> String {
    format!(
        r#"\set n random(0, {last})
WITH t AS MATERIALIZED (SELECT id, person FROM resource WHERE org = 1 AND src = 1 AND kind = 1 AND key = 'u' || CAST(:n AS text) || '@org0.test'),
r AS (UPDATE resource SET active = NOT resource.active, version = version + 1, modified = 2, doc = '{DOC}' FROM t WHERE resource.org = 1 AND resource.id = t.id),
p AS (UPDATE person SET state = 'inactive', epoch = epoch + 1, modified = 2 FROM t WHERE person.org = 1 AND person.id = t.person),
s AS (DELETE FROM session USING t WHERE session.org = 1 AND session.person = t.person),
k AS (DELETE FROM token USING t WHERE token.org = 1 AND token.person = t.person),
m AS (DELETE FROM mailed USING t WHERE mailed.org = 1 AND mailed.person = t.person),
a AS (UPDATE access SET version = version + 1 FROM t WHERE access.org = 1 AND access.person = t.person)
INSERT INTO event (org, id, at, actor, deed, target, body) SELECT 1, uuid_send(gen_random_uuid()), 1, 'directory dir-0000', 'user_deactivated', 'usr', '{{"version": 2}}' FROM t;
"#,
        last = users.saturating_sub(1)
    )
}

/// Runs a batch of 32 units a commit for a while; units a second.
fn batches(path: &str, seconds: u64, mut unit: impl FnMut(&Connection, u64)) -> f64 {
    let conn = Connection::open(path).unwrap();
    conn.set_prepared_statement_cache_capacity(64);
    conn.execute_batch("PRAGMA busy_timeout=10000; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;").unwrap();
    let (begun, mut n) = (Instant::now(), 0);
    while begun.elapsed() < Duration::from_secs(seconds) {
        conn.execute_batch("BEGIN IMMEDIATE").unwrap();
        for _ in 0..32 {
            unit(&conn, n);
            n += 1;
        }
        conn.execute_batch("COMMIT").unwrap();
    }
    n as f64 / begun.elapsed().as_secs_f64()
}

fn id(kind: u8, n: u64) -> Vec<u8> {
    let mut id = vec![kind; 8];
    id.extend(n.to_be_bytes());
    id
}

/// Creates a second on the SQLite writer.
pub fn lite_creates(path: &str, seconds: u64) -> f64 {
    batches(path, seconds, |conn, n| {
        let (key, ext) = (format!("raw{n}"), format!("ext{n}"));
        let (user, person, event) = (id(200, n), id(201, n), id(202, n));
        let run =
            |sql: &str, params: &[&dyn rusqlite::ToSql]| conn.prepare_cached(sql).unwrap().execute(params).unwrap();
        run(
            "INSERT INTO person (org, id, origin, state, locked, epoch, key, email, name, given, family, created, modified) VALUES (1, ?1, 'directory', 'active', 0, 1, ?2, ?2, 'Ada Byron', 'Ada', 'Byron', 1, 1)",
            params![person, key],
        );
        run(
            "INSERT INTO resource (org, id, src, kind, person, label, key, ext, active, version, created, modified, doc) VALUES (1, ?1, 1, 1, ?2, ?3, ?3, ?4, 1, 1, 1, 1, ?5)",
            params![user, person, key, ext, DOC],
        );
        run("INSERT INTO attr (org, src, path, val, id) VALUES (1, 1, 1, ?1, ?2)", params![key, user]);
        run(
            "INSERT INTO access (org, person, version, admin, seat, mark, grants) VALUES (1, ?1, 1, 0, 0, 0, '{\"grants\":[]}')",
            params![person],
        );
        run(
            "INSERT INTO event (org, id, at, actor, deed, target, body) VALUES (1, ?1, 1, 'directory dir-0000', 'user_provisioned', 'usr', '{\"person\":\"usr-00000000000000000000000000000000\"}')",
            params![event],
        );
        run(
            "INSERT INTO counter (org, src, kind, slot, n) VALUES (1, 1, 1, ?1, 1) ON CONFLICT (org, src, kind, slot) DO UPDATE SET n = counter.n + 1",
            params![(n % 16) as i64],
        );
    })
}

/// Deactivations a second on the SQLite writer, of users that are there.
pub fn lite_deactivations(path: &str, seconds: u64, users: u64) -> f64 {
    batches(path, seconds, |conn, n| {
        let key = format!("u{}@org0.test", n * 7919 % users);
        let mut find = conn
            .prepare_cached("SELECT id, person FROM resource WHERE org = 1 AND src = 1 AND key = ?1 AND kind = 1")
            .unwrap();
        let (user, person): (Vec<u8>, Vec<u8>) = find.query_row([key], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let run =
            |sql: &str, params: &[&dyn rusqlite::ToSql]| conn.prepare_cached(sql).unwrap().execute(params).unwrap();
        run(
            "UPDATE resource SET active = 1 - active, version = version + 1, modified = 2, doc = ?2 WHERE org = 1 AND id = ?1",
            params![user, DOC],
        );
        run(
            "UPDATE person SET state = 'inactive', epoch = epoch + 1, modified = 2 WHERE org = 1 AND id = ?1",
            params![person],
        );
        run("DELETE FROM session WHERE org = 1 AND person = ?1", params![person]);
        run("DELETE FROM token WHERE org = 1 AND person = ?1", params![person]);
        run("DELETE FROM mailed WHERE org = 1 AND person = ?1", params![person]);
        run("UPDATE access SET version = version + 1 WHERE org = 1 AND person = ?1", params![person]);
        run(
            "INSERT INTO event (org, id, at, actor, deed, target, body) VALUES (1, ?1, 1, 'directory dir-0000', 'user_deactivated', 'usr', '{\"version\":2}')",
            params![id(203, n)],
        );
    })
}
