//! A large mapped group is renamed and deleted: the answer, when everybody's access has followed, and what others feel.

use super::Size;
use super::mixed::Mixed;
use crate::client::Client;
use crate::drive::{Figures, drive};
use crate::place::Place;
use crate::report::Line;
use crate::stage::{Stage, patch_group};
use anyhow::ensure;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Clients that go on with lookups and small PATCHes meanwhile.
const OTHERS: usize = 4;
/// Units of each between two looks at the clock.
const ROUND: usize = 40;
/// After this it has not settled.
const PATIENCE: Duration = Duration::from_secs(600);
/// Between two looks at the database.
const LOOK: Duration = Duration::from_millis(250);

/// One group with all users of a large directory.
pub(super) async fn run(place: &Place, size: &Size, level: &str) -> anyhow::Result<Vec<Line>> {
    let mut stage = Stage::set(place, 1, level).await?;
    let members = size.large;
    stage.load(0, members, true).await?;
    let mut client = Client::connect(stage.door(0)).await?;
    let mut others = Client::several(stage.door(0), OTHERS).await?;
    let work = Arc::new(Mixed { users: members, clients: OTHERS });
    let calm = drive(&mut others, 0, ROUND * 8, &work).await?;
    let mut lines = Vec::new();
    let path = stage.mapped.clone();
    for (what, role) in [("renaming", true), ("deleting", false)] {
        let begun = Instant::now();
        if role {
            let name = json!([{"op": "replace", "path": "displayName", "value": "panel-east-users"}]);
            patch_group(&mut client, &path, &name).await?;
        } else {
            client.call("DELETE", &path, "", 204).await?;
        }
        let answer = client.took;
        let (before, expected) = if role { ("north", members + 1) } else { ("east", 0) };
        let done = AtomicBool::new(false);
        let (settled, meanwhile) = tokio::try_join!(
            settled(&stage, begun, (before, i64::try_from(expected)?), &done),
            meanwhile(&mut others, &work, &done)
        )?;
        let millis = answer.as_secs_f64() * 1e3;
        lines.push(Line::value(format!("{what} a mapped group of {members}: answer"), millis, "ms").target("50 ms"));
        let line = Line::value(format!("{what} it: everybody settled"), settled.as_secs_f64(), "s").target("30 s");
        lines.push(line.note(format!("{:.0} people a second", members as f64 / settled.as_secs_f64())));
        lines.push(
            Line::value(format!("{what} it: others' p99 until then"), meanwhile.millis(0.99), "ms")
                .beside("before", calm.millis(0.99))
                .target("2 times")
                .note(format!("p50 {:.2} ms, before {:.2} ms", meanwhile.millis(0.5), calm.millis(0.5))),
        );
    }
    Ok(lines)
}

/// How long it takes until nobody has the role in the client `before` any more, and this many people in the client east.
async fn settled(
    stage: &Stage<'_>,
    begun: Instant,
    (before, expected): (&str, i64),
    done: &AtomicBool,
) -> anyhow::Result<Duration> {
    let having =
        |client: &str| format!("SELECT 1 FROM access WHERE org > 0 AND grants LIKE '%\"clients\":[\"{client}\"]%'");
    let somebody = format!("SELECT count(*) FROM ({} LIMIT 1) one", having(before));
    let everybody = format!("SELECT count(*) FROM ({}) all_of_them", having("east"));
    loop {
        // Everybody is counted at the end only: what looking costs is taken from those whose times are measured.
        if stage.database.number(&somebody).await? == 0 {
            let east = stage.database.number(&everybody).await?;
            ensure!(east == expected, "{east} people have the role in east, not {expected}");
            done.store(true, Ordering::Relaxed);
            return Ok(begun.elapsed());
        }
        ensure!(begun.elapsed() < PATIENCE, "somebody still has the role in {before}");
        tokio::time::sleep(LOOK).await;
    }
}

/// What others see until it is done.
async fn meanwhile(others: &mut Vec<Client>, work: &Arc<Mixed>, done: &AtomicBool) -> anyhow::Result<Figures> {
    let (mut figures, mut round) = (Figures::default(), 8);
    while !done.load(Ordering::Relaxed) {
        figures.add(drive(others, round * ROUND, (round + 1) * ROUND, work).await?);
        round += 1;
    }
    Ok(figures)
}
