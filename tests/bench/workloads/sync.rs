//! The initial sync: an IdP looks each user up, finds nobody, and creates them.

use super::{SLICES, Size, mean};
use crate::client::{Client, contains};
use crate::drive::{Figures, Work, drive};
use crate::model::names;
use crate::place::Place;
use crate::raw::{self, Who};
use crate::report::Line;
use crate::stage::{Stage, by_name, user};
use anyhow::ensure;
use std::sync::Arc;

const CLIENTS: usize = 32;

struct Sync;

impl Work for Sync {
    async fn unit(&self, client: &mut Client, who: usize, n: usize) -> anyhow::Result<()> {
        let login = names::login(who * raw::APART + n);
        let found = client.call("GET", &by_name(&login), "", 200).await?;
        ensure!(contains(found, "\"totalResults\":0"), "{login} is there: {}", String::from_utf8_lossy(found));
        client.call("POST", "/Users", &user(&login), 201).await?;
        Ok(())
    }
}

/// 32 clients of one organization beside the raw engine; then one client each of 32 organizations.
pub(super) async fn run(place: &Place, size: &Size, level: &str) -> anyhow::Result<Vec<Line>> {
    let mut stage = Stage::set(place, 1, level).await?;
    let copy = stage.copy().await?;
    let mut clients = Client::several(stage.door(0), CLIENTS).await?;
    let (work, each) = (Arc::new(Sync), size.creates / CLIENTS / SLICES);
    let (mut ours, mut raw_rates) = (Figures::default(), Vec::new());
    let (mut server, mut database) = (0.0, 0.0);
    for slice in 0..SLICES {
        let (from, to) = (slice * each, (slice + 1) * each);
        let before = stage.cpu()?;
        ours.add(drive(&mut clients, from, to, &work).await?);
        let after = stage.cpu()?;
        server += (after.0 - before.0).as_secs_f64();
        database += (after.1 - before.1).as_secs_f64();
        raw_rates.push(raw::run(place, &copy, &stage.units.create, Who::New, CLIENTS, (from, to), 0)?);
    }
    let of_each = |seconds: f64| seconds * 1e3 / ours.units() as f64;
    let mut lines = vec![
        Line::rate("initial sync, 32 clients", &ours)
            .beside("raw engine", mean(&raw_rates))
            .target("35 % PostgreSQL, 40 % SQLite; p99 60 ms")
            .note(stage.units.create.told()),
        Line::value("CPU for each created user, lookup included", of_each(server + database), "ms")
            .target("1.15 ms")
            .note(format!("server {:.2}, database {:.2}", of_each(server), of_each(database))),
    ];
    drop(clients);
    drop(stage);
    let stage = Stage::set(place, CLIENTS, level).await?;
    let mut clients = Vec::new();
    for n in 0..CLIENTS {
        clients.push(Client::connect(stage.door(n)).await?);
    }
    let apart = drive(&mut clients, 0, each * SLICES, &work).await?;
    let one = Line::rate("initial sync, 32 organizations", &apart).beside("one organization", ours.rate());
    lines.push(one.target("as fast"));
    Ok(lines)
}
