//! Seven lookups to three small PATCHes.

use super::lookup::scattered;
use super::{SLICES, Size};
use crate::bare::Bare;
use crate::client::{Client, contains};
use crate::drive::{Figures, Work, drive};
use crate::model::names;
use crate::place::Place;
use crate::report::Line;
use crate::stage::{Stage, by_name, replace};
use anyhow::ensure;
use std::sync::Arc;

const CLIENTS: usize = 32;

/// Lookups of anybody, and PATCHes of a client's own range: two at the same user would wait for each other.
pub(super) struct Mixed {
    pub(super) users: usize,
    pub(super) clients: usize,
}

impl Work for Mixed {
    async fn unit(&self, client: &mut Client, who: usize, n: usize) -> anyhow::Result<()> {
        if n % 10 < 7 {
            let login = names::login(scattered(who, n, self.users));
            let found = client.call("GET", &by_name(&login), "", 200).await?;
            ensure!(contains(found, &login), "{login} is not found");
            return Ok(());
        }
        let range = self.users / self.clients;
        let path = format!("/Users/{}", names::resource(who * range + scattered(who, n, range)));
        client.call("PATCH", &path, &replace("title", &format!("Engineer {n}")), 200).await?;
        Ok(())
    }
}

/// 32 clients, beside the bare handler that does the same statements.
pub(super) async fn run(place: &Place, size: &Size, level: &str) -> anyhow::Result<Vec<Line>> {
    let mut stage = Stage::set(place, 1, level).await?;
    stage.load(0, size.changes, false).await?;
    let bare = Bare::start(&stage)?;
    let mut clients = Client::several(stage.door(0), CLIENTS).await?;
    let mut others = Client::several(&bare.door, CLIENTS).await?;
    let work = Arc::new(Mixed { users: size.changes, clients: CLIENTS });
    let each = size.changes / CLIENTS / SLICES * 2;
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    for slice in 0..SLICES {
        ours.add(drive(&mut clients, slice * each, (slice + 1) * each, &work).await?);
        theirs.add(drive(&mut others, slice * each, (slice + 1) * each, &work).await?);
    }
    let line = Line::rate("mixed 70/30, 32 clients", &ours).beside("bare handler", theirs.rate()).target("50 %");
    Ok(vec![line.note(stage.units.retitle.told())])
}
