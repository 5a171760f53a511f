//! An HTTP server on its own port that lives as long as its handle.

use super::error::LabError;
use axum::Router;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A listener that is bound and not yet served.
pub(super) struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

impl Bound {
    /// Takes `listen`; port 0 takes any free one.
    pub(super) async fn on(listen: SocketAddr) -> Result<Self, LabError> {
        let refused = |source| LabError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address })
    }

    /// The address without a slash at the end.
    pub(super) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Answers with `router` until the handle is dropped.
    pub(super) fn serve(self, router: Router) -> Server {
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = axum::serve(self.listener, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        let task = tokio::spawn(async {
            if let Err(error) = serving.await {
                tracing::warn!(%error, "an emulated server ended");
            }
        });
        Server { address: self.address, stop: Some(stop), task: Some(task) }
    }
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

impl Server {
    /// The address with the port that was really taken.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops and waits until the port is free and what was in flight is answered.
    pub(super) async fn shutdown(mut self) {
        drop(self.stop.take());
        if let Some(task) = self.task.take() {
            let _ = task.await;
        }
    }
}
