//! A full import: all users of a directory by pages, as an IdP that reconciles reads them. And what they take up.

use super::Size;
use crate::client::Client;
use crate::model::{names, tidy};
use crate::place::{Database, Place};
use crate::report::Line;
use crate::stage::{Stage, new_group};
use anyhow::{Context as _, ensure};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Users of a page.
const PAGE: usize = 100;
/// Groups, of which each user is in five: those whose number ends like theirs.
const GROUPS: usize = 50;
/// Pages at each end that are compared.
const ENDS: usize = 20;

/// One client, page after page by `startIndex`.
pub(super) async fn run(place: &Place, size: &Size, level: &str) -> anyhow::Result<Vec<Line>> {
    let users = size.large;
    let mut stage = Stage::set(place, 1, level).await?;
    let empty = bytes(&stage.database).await?;
    stage.load(0, users, false).await?;
    let full = bytes(&stage.database).await?;
    join(&mut stage, users).await?;
    let mut client = Client::connect(stage.door(0)).await?;
    let (mut seen, mut times, begun) = (BTreeSet::new(), Vec::new(), Instant::now());
    while seen.len() < users + 1 {
        let path = format!("/Users?startIndex={}&count={PAGE}", seen.len() + 1);
        let page = client.call("GET", &path, "", 200).await?;
        let before = seen.len();
        seen.extend(ids(page)?);
        ensure!(seen.len() > before, "a page from {} on has nobody new", before + 1);
        times.push(client.took);
    }
    let seconds = begun.elapsed().as_secs_f64();
    let mean = |times: &[Duration]| times.iter().sum::<Duration>().as_secs_f64() * 1e3 / times.len() as f64;
    let ends = ENDS.min(times.len() / 2);
    let used = stage.server()?.used();
    let megabytes = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    Ok(vec![
        Line::value(format!("import of {users} users by pages of {PAGE}"), seconds, "s")
            .target("8 s for 100,000")
            .note("with the driver's reading of each page"),
        Line::value("its last pages", mean(&times[times.len() - 1 - ends..times.len() - 1]), "ms")
            .beside("first pages", mean(&times[1..=ends]))
            .target("as fast"),
        Line::value(format!("memory of the server at {users} users, at most"), megabytes(used.peak), "MB")
            .target("60 MB PostgreSQL, 120 MB SQLite")
            .note(format!("now {:.0} MB", megabytes(used.memory))),
        Line::value("disk for each user, audit left out", (full - empty) as f64 / users as f64, "bytes")
            .target("2,200 PostgreSQL, 1,400 SQLite"),
    ])
}

/// The ids of the users of a page, each of whom is in five groups (the specimen is in one).
fn ids(page: &[u8]) -> anyhow::Result<Vec<String>> {
    let page: serde_json::Value = serde_json::from_slice(page)?;
    let users = page["Resources"].as_array().context("a page without resources")?;
    users
        .iter()
        .map(|user| {
            let groups = user["groups"].as_array().map_or(0, Vec::len);
            ensure!(matches!(groups, 1 | 5), "{} is in {groups} groups", user["userName"]);
            Ok(user["id"].as_str().context("a user without an id")?.to_owned())
        })
        .collect()
}

/// Puts each user into five groups, behind the server's back; what it shows of them is checked with every page.
async fn join(stage: &mut Stage<'_>, users: usize) -> anyhow::Result<()> {
    let mut client = Client::connect(stage.door(0)).await?;
    let mut groups = Vec::new();
    for n in 0..GROUPS {
        let path = new_group(&mut client, &format!("team {n}")).await?;
        groups.push(names::bytes(path.rsplit('/').next().unwrap_or_default()).context("a group without an id")?);
    }
    stage.stop();
    let (org, _) = stage.units.create.counted.context("a create counts nobody")?;
    let lite = stage.database.is_lite();
    let mut script = String::from("BEGIN;");
    for (k, group) in groups.iter().enumerate() {
        let (hex, last) = (names::hex(group), k % 10);
        let gid = if lite { format!("x'{hex}'") } else { format!("CAST('\\x{hex}' AS bytea)") };
        let (series, id) = if lite {
            let next = format!("SELECT {last} UNION ALL SELECT n + 10 FROM s WHERE n + 10 < {users}");
            (format!("WITH RECURSIVE s(n) AS ({next})"), names::in_lite(names::Name::Resource))
        } else {
            let series = format!("SELECT CAST(n AS bigint) AS n FROM generate_series({last}, {users} - 1, 10) AS n");
            (format!("WITH s AS ({series})"), names::in_pg(names::Name::Resource, names::Minted::Loaded))
        };
        script.push_str(&format!(
            "{series} INSERT INTO member (org, gid, mid, kind) SELECT {org}, {gid}, {id}, 1 FROM s;"
        ));
    }
    stage.database.script(&(script + "COMMIT;")).await?;
    tidy(&stage.database).await?;
    stage.start()
}

/// Bytes of all tables and indexes but those of the audit, of what waits to be sent, and of the log.
async fn bytes(database: &Database) -> anyhow::Result<i64> {
    const LEFT_OUT: &str = "('event', 'access_past', 'seal', 'outbox', 'scim_log_block')";
    let sql = if database.is_lite() {
        format!(
            "SELECT sum(pgsize) FROM dbstat WHERE name IN \
             (SELECT name FROM sqlite_master WHERE tbl_name NOT IN {LEFT_OUT})"
        )
    } else {
        format!(
            "SELECT CAST(sum(pg_total_relation_size(c.oid)) AS bigint) FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public' \
             WHERE c.relkind = 'r' AND c.relname NOT IN {LEFT_OUT}"
        )
    };
    database.number(&sql).await
}
