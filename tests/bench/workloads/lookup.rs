//! The lookup that comes before everything else: `userName eq`.

use super::{SLICES, Size};
use crate::bare::Bare;
use crate::client::{Client, contains};
use crate::drive::{Figures, Work, drive};
use crate::model::names;
use crate::place::Place;
use crate::report::Line;
use crate::stage::{Stage, by_name};
use anyhow::ensure;
use std::sync::Arc;

const CLIENTS: usize = 8;
/// A turn is a tenth of a second: what others take from the machine meanwhile changes within one.
const TURNS: usize = 10 * SLICES;

struct Lookup {
    users: usize,
}

impl Work for Lookup {
    async fn unit(&self, client: &mut Client, who: usize, n: usize) -> anyhow::Result<()> {
        let login = names::login(scattered(who, n, self.users));
        let found = client.call("GET", &by_name(&login), "", 200).await?;
        ensure!(contains(found, &login), "{login} is not found");
        Ok(())
    }
}

/// Users in no order: what is asked next is not beside what was asked last.
pub(super) fn scattered(who: usize, n: usize, users: usize) -> usize {
    (n.wrapping_mul(2_654_435_761).wrapping_add(who.wrapping_mul(40_503_001)) >> 3) % users
}

/// 8 clients at each number of users, beside the bare handler.
pub(super) async fn run(place: &Place, size: &Size, level: &str) -> anyhow::Result<Vec<Line>> {
    let mut stage = Stage::set(place, 1, level).await?;
    let (mut lines, mut medians, mut loaded) = (Vec::new(), Vec::new(), 0);
    for users in &size.populations {
        stage.load(loaded, *users, false).await?;
        loaded = *users;
        let bare = Bare::start(&stage)?;
        let work = Arc::new(Lookup { users: *users });
        let mut clients = Client::several(stage.door(0), CLIENTS).await?;
        let mut others = Client::several(&bare.door, CLIENTS).await?;
        let (mut ours, mut theirs) = (Figures::default(), Figures::default());
        let each = size.lookups * SLICES / TURNS / CLIENTS;
        // The first look at the pages of the file is nobody's.
        drive(&mut clients, 0, 2 * each, &work).await?;
        drive(&mut others, 0, 2 * each, &work).await?;
        let before = (stage.server()?.used().cpu, bare.used().cpu);
        for turn in 0..TURNS {
            ours.add(drive(&mut clients, turn * each, (turn + 1) * each, &work).await?);
            theirs.add(drive(&mut others, turn * each, (turn + 1) * each, &work).await?);
        }
        let (server, handler) = (stage.server()?.used().cpu - before.0, bare.used().cpu - before.1);
        medians.push(ours.millis(0.5));
        lines.push(
            Line::rate(format!("lookup by userName, 8 clients, {users} users"), &ours)
                .beside("bare handler", theirs.rate())
                .target("65 %")
                .note(format!(
                    "bare p50 / p99 {:.2} / {:.2}; CPU {:.0} µs, bare {:.0} µs",
                    theirs.millis(0.5),
                    theirs.millis(0.99),
                    server.as_secs_f64() * 1e6 / ours.units() as f64,
                    handler.as_secs_f64() * 1e6 / theirs.units() as f64
                )),
        );
    }
    if let (Some(first), Some(last)) = (medians.first(), medians.last())
        && medians.len() > 1
    {
        let what = format!("lookup p50 at {loaded} users");
        lines.push(
            Line::value(what, *last, "ms").beside("with the fewest", *first).target("1.3 times at 1M against 1k"),
        );
    }
    Ok(lines)
}
