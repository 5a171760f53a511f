//! The one writer of the log: takes what waits, seals it as blocks, stores them.

use super::Queue;
use super::block::Whose;
use super::gathered::{Batch, Lost, Taken};
use crate::service::Gateway;
use crate::store::scim_log::BlockRow;
use std::time::Duration;

/// How long calls are gathered before they are written.
const PACE: Duration = Duration::from_millis(200);

/// Writes what is pushed until the future is dropped. Of several writers of one log the first works.
pub async fn run(gw: Gateway) {
    let Some(queue) = gw.scim_log.0.clone() else { return };
    if !queue.gathered().begin() {
        return;
    }
    let writing = Writing(&queue);
    let mut room = Vec::new();
    loop {
        queue.some.notified().await;
        writing.turn(&gw, &mut room).await;
        tokio::select! {
            () = tokio::time::sleep(PACE) => {}
            () = queue.hurry.notified() => {}
        }
    }
}

/// The writer at work; when it is dropped, nobody waits for it any more.
struct Writing<'a>(&'a Queue);

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        self.0.gathered().end();
    }
}

impl Writing<'_> {
    async fn turn(&self, gw: &Gateway, room: &mut Vec<u8>) {
        let Taken { batches, counts, waiting } = self.0.gathered().take(&gw.sources);
        let mut blocks = Vec::with_capacity(batches.len());
        let mut used = Vec::with_capacity(batches.len());
        let mut concerned = Lost::new();
        for batch in batches {
            *concerned.entry((batch.org, batch.src)).or_default() += batch.calls;
            blocks.push(sealed(gw, &batch, room));
            used.push(batch.plain);
            // Sealing is work, and others have theirs.
            tokio::task::yield_now().await;
        }
        let written = gw.store.append_scim_log(blocks, counts.into_values().collect()).await;
        let mut gathered = self.0.gathered();
        gathered.let_go(used);
        if let Err(error) = written {
            tracing::error!(%error, "entries of the SCIM log could not be written; they are counted as lost");
            concerned.into_iter().for_each(|(whose, calls)| gathered.lose(whose, calls));
        }
        drop(gathered);
        for told in waiting {
            // Who went away need not hear it.
            let _ = told.send(());
        }
    }
}

fn sealed(gw: &Gateway, batch: &Batch, room: &mut Vec<u8>) -> BlockRow {
    let Batch { org, src, oldest, newest: id, entries, .. } = *batch;
    let (heads, bodies) = Whose { org, src, id }.sealed(gw, &batch.plain, room);
    BlockRow { org, src, id, oldest, entries: entries.into(), heads, bodies: Some(bodies) }
}
