//! Deactivation and reactivation: epoch, access, audit included.

use super::{SLICES, Size, mean};
use crate::client::Client;
use crate::drive::{Figures, Work, drive};
use crate::model::names;
use crate::place::Place;
use crate::raw::{self, Who};
use crate::report::Line;
use crate::stage::{Stage, active};
use std::sync::Arc;

const CLIENTS: usize = 8;

struct Patch {
    body: String,
    each: usize,
}

impl Work for Patch {
    async fn unit(&self, client: &mut Client, who: usize, n: usize) -> anyhow::Result<()> {
        let path = format!("/Users/{}", names::resource(who * self.each + n));
        client.call("PATCH", &path, &self.body, 200).await?;
        Ok(())
    }
}

/// 8 clients deactivate everybody of their own range, then bring them back.
pub(super) async fn run(place: &Place, size: &Size, level: &str) -> anyhow::Result<Vec<Line>> {
    let mut stage = Stage::set(place, 1, level).await?;
    let slice = size.changes / CLIENTS / SLICES;
    let each = slice * SLICES;
    stage.load(0, each * CLIENTS, true).await?;
    let copy = stage.copy().await?;
    let mut clients = Client::several(stage.door(0), CLIENTS).await?;
    let mut lines = Vec::new();
    let units = [
        ("deactivation, 8 clients", false, &stage.units.deactivate, "35 %"),
        ("reactivation, 8 clients", true, &stage.units.reactivate, ""),
    ];
    for (name, to_active, unit, target) in units {
        let work = Arc::new(Patch { body: active(to_active), each });
        let (mut ours, mut raw_rates) = (Figures::default(), Vec::new());
        let (mut server, mut database) = (0.0, 0.0);
        for k in 0..SLICES {
            let range = (k * slice, (k + 1) * slice);
            let before = stage.cpu()?;
            ours.add(drive(&mut clients, range.0, range.1, &work).await?);
            let after = stage.cpu()?;
            server += (after.0 - before.0).as_secs_f64();
            database += (after.1 - before.1).as_secs_f64();
            raw_rates.push(raw::run(place, &copy, unit, Who::Loaded, CLIENTS, range, each)?);
        }
        let of_each = |seconds: f64| seconds * 1e3 / ours.units() as f64;
        let note =
            format!("CPU: server {:.2} ms, database {:.2} ms; {}", of_each(server), of_each(database), unit.told());
        lines.push(Line::rate(name, &ours).beside("raw engine", mean(&raw_rates)).target(target).note(note));
    }
    Ok(lines)
}
