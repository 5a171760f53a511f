//! Groups: filling them, and one member more or less in groups of any size.

use super::{SLICES, Size};
use crate::client::Client;
use crate::drive::Figures;
use crate::model::names;
use crate::place::Place;
use crate::report::Line;
use crate::stage::{Stage, add_members, new_group, remove_member};
use std::time::{Duration, Instant};

/// Members that one PATCH adds.
const BATCH: usize = 100;

/// A group under test.
struct Measured {
    path: String,
    members: usize,
    times: Vec<Duration>,
    cpu: Duration,
}

impl Measured {
    fn figures(&self) -> Figures {
        Figures::of(&self.times, self.times.iter().sum::<Duration>().as_secs_f64())
    }

    fn cpu_millis(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e3 / self.times.len() as f64
    }
}

/// One client. The people are in no group before.
pub(super) async fn run(place: &Place, size: &Size, level: &str) -> anyhow::Result<Vec<Line>> {
    let mut stage = Stage::set(place, 1, level).await?;
    stage.load(0, size.large + 1, false).await?;
    let mut client = Client::connect(stage.door(0)).await?;
    let (mut lines, mut groups) = (Vec::new(), Vec::new());
    for members in [10, 1_000, size.large] {
        let path = new_group(&mut client, &format!("group of {members}")).await?;
        let rate = fill(&mut client, &path, 0, members).await?;
        groups.push(Measured { path, members, times: Vec::new(), cpu: Duration::ZERO });
        if members == size.large {
            let what = format!("filling a group with {members}, unmapped");
            lines.push(Line::value(what, rate, "/s").target("15,000 members"));
        }
    }
    for _ in 0..SLICES {
        for group in &mut groups {
            singles(&stage, &mut client, group, size).await?;
        }
    }
    let (first, first_cpu) = (groups[0].figures(), groups[0].cpu_millis());
    for group in &groups {
        let (figures, cpu) = (group.figures(), group.cpu_millis());
        lines.push(
            Line::value(format!("one member more or less of {}", group.members), figures.millis(0.5), "ms")
                .beside("in a group of 10", first.millis(0.5))
                .target("1.2 times; CPU 1.05 times")
                .note(format!("p99 {:.2} ms; CPU {cpu:.2} ms, {:.2} x", figures.millis(0.99), cpu / first_cpu)),
        );
    }
    let mapped = new_group(&mut client, "panel-south-users").await?;
    let members = size.large / 5;
    let rate = fill(&mut client, &mapped, 0, members).await?;
    let line = Line::value(format!("filling a group with {members}, mapped to a role"), rate, "/s");
    lines.push(line.target("5,000 members").note(stage.units.join.told()));
    Ok(lines)
}

/// Members a second.
async fn fill(client: &mut Client, group: &str, from: usize, to: usize) -> anyhow::Result<f64> {
    let ids: Vec<_> = (from..to).map(names::resource).collect();
    let begun = Instant::now();
    for batch in ids.chunks(BATCH) {
        add_members(client, group, batch).await?;
    }
    Ok(ids.len() as f64 / begun.elapsed().as_secs_f64())
}

/// The last user comes and goes.
async fn singles(stage: &Stage<'_>, client: &mut Client, group: &mut Measured, size: &Size) -> anyhow::Result<()> {
    let id = [names::resource(size.large)];
    let before = stage.cpu()?;
    for _ in 0..size.singles / SLICES / 2 {
        add_members(client, &group.path, &id).await?;
        group.times.push(client.took);
        remove_member(client, &group.path, &id[0]).await?;
        group.times.push(client.took);
    }
    let after = stage.cpu()?;
    group.cpu += after.0 - before.0 + after.1 - before.1;
    Ok(())
}
