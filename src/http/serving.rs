//! Connections: accepted here, and answered on one thread of ours until they end.
//!
//! Owns sockets, threads and the end of both. Must not know what is asked on them.

use axum::BoxError;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use axum::serve::Listener;
use futures::future::join_all;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{self, Handle};
use tokio::sync::oneshot;
use tower::Service;

/// How long a client may take to send the head of a request, and how long a connection may lie idle: longer than the
/// proxies in front of us keep one (60 seconds as a rule), so that none sends a request into a connection that just ended.
const PATIENCE: Duration = Duration::from_secs(75);

/// How often a thread of ours wakes by itself. A timer that comes before all others costs tokio a call to the system, and
/// with this one there is always another before those of requests and connections.
const BEAT: Duration = Duration::from_secs(1);

/// Which threads answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Threads {
    /// Those of the runtime that is there: a request goes on wherever a thread is free.
    Shared,
    /// One for each core, each with connections of its own: a request never changes threads.
    Apart,
}

/// What answers a request: a router, or something before it.
pub trait Answers:
    Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

impl<S> Answers for S where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static
{
}

/// Serves until `shutdown` is done, then finishes what is in flight. Handlers learn the peer as `ConnectInfo<SocketAddr>`.
///
/// # Errors
/// When a thread cannot be started.
pub async fn serve(
    mut listener: TcpListener,
    doors: impl Answers,
    threads: Threads,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let workers = match threads {
        Threads::Shared => vec![Worker::here()],
        Threads::Apart => {
            let cores = std::thread::available_parallelism()?.get();
            (0..cores).map(Worker::start).collect::<io::Result<_>>()?
        }
    };
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            // axum's own: it waits where no file is free, and passes over who has gone away.
            accepted = Listener::accept(&mut listener) => accepted,
            () = &mut shutdown => break,
        };
        if let Some(worker) = workers.iter().min_by_key(|worker| worker.connections.count()) {
            worker.answer(stream, peer, doors.clone());
        }
    }
    drop(listener);
    join_all(workers.into_iter().map(Worker::end)).await;
    Ok(())
}

/// What answers connections. A thread of its own ends with this value.
struct Worker {
    handle: Handle,
    connections: GracefulShutdown,
    /// Its thread ends when this is dropped; none where the runtime is another's.
    _thread: Option<oneshot::Sender<()>>,
}

impl Worker {
    /// The runtime that is there.
    fn here() -> Self {
        Self { handle: Handle::current(), connections: GracefulShutdown::new(), _thread: None }
    }

    /// A thread with a runtime of its own.
    fn start(number: usize) -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        let (thread, ended) = oneshot::channel();
        let work = move || runtime.block_on(until(ended));
        std::thread::Builder::new().name(format!("http-{number}")).spawn(work)?;
        Ok(Self { handle, connections: GracefulShutdown::new(), _thread: Some(thread) })
    }

    fn answer(&self, stream: TcpStream, peer: SocketAddr, doors: impl Answers) {
        let watcher = self.connections.watcher();
        // A socket belongs to the runtime that accepted it; this one goes over.
        let stream = stream.into_std();
        self.handle.spawn(async move {
            if let Err(error) = answer(stream, peer, doors, watcher).await {
                tracing::debug!(%error, "a connection broke off");
            }
        });
    }

    /// Finishes what is in flight.
    async fn end(self) {
        self.connections.shutdown().await;
    }
}

/// Ends when the other side is dropped: it is never told anything.
async fn until(mut ended: oneshot::Receiver<()>) {
    let mut beat = tokio::time::interval(BEAT);
    loop {
        tokio::select! {
            _ = &mut ended => return,
            _ = beat.tick() => {}
        }
    }
}

/// Answers what is asked on a connection until it ends.
async fn answer(
    stream: io::Result<std::net::TcpStream>,
    peer: SocketAddr,
    doors: impl Answers,
    watcher: Watcher,
) -> Result<(), BoxError> {
    let stream = TcpStream::from_std(stream?)?;
    // An answer of several packets must not wait for a word from the client before the last one.
    stream.set_nodelay(true)?;
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        doors.clone().call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), service);
    Ok(watcher.watch(connection).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::routing::get;
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::Notify;
    use tokio::task::JoinHandle;

    const BOTH: [Threads; 2] = [Threads::Shared, Threads::Apart];

    /// A server of ours that ends when it is told to.
    struct Served {
        address: SocketAddr,
        end: Arc<Notify>,
        ended: JoinHandle<io::Result<()>>,
    }

    async fn served(routes: Router, threads: Threads) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, end) = (listener.local_addr().unwrap(), Arc::new(Notify::new()));
        let told = end.clone();
        let ended = tokio::spawn(async move { serve(listener, routes, threads, told.notified()).await });
        Served { address, end, ended }
    }

    /// Asks for a path on an open connection; the body of the answer.
    async fn ask(stream: &mut TcpStream, path: &str) -> String {
        stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n").as_bytes()).await.unwrap();
        let mut answer = String::new();
        while !answer.ends_with('.') {
            let mut some = [0; 1024];
            let read = stream.read(&mut some).await.unwrap();
            assert!(read > 0, "the connection ended: {answer}");
            answer.push_str(std::str::from_utf8(&some[..read]).unwrap());
        }
        answer.rsplit("\r\n").next().unwrap().to_owned()
    }

    async fn whose() -> String {
        format!("{}.", std::thread::current().name().unwrap_or_default())
    }

    #[tokio::test]
    async fn each_thread_has_as_many_connections_and_a_connection_stays_with_its_thread() {
        let served = served(Router::new().route("/", get(whose)), Threads::Apart).await;
        let cores = std::thread::available_parallelism().unwrap().get();
        let mut streams = Vec::new();
        let mut answered = BTreeMap::new();
        for _ in 0..2 * cores {
            let mut stream = TcpStream::connect(served.address).await.unwrap();
            let thread = ask(&mut stream, "/").await;
            *answered.entry(thread.clone()).or_insert(0) += 1;
            streams.push((stream, thread));
        }
        assert_eq!(answered, (0..cores).map(|n| (format!("http-{n}."), 2)).collect());
        for (stream, thread) in &mut streams {
            assert_eq!(ask(stream, "/").await, *thread);
        }
    }

    #[tokio::test]
    async fn what_is_in_flight_at_the_end_is_finished_and_nobody_new_is_let_in() {
        for threads in BOTH {
            let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
            let (asked, goes) = (begun.clone(), go.clone());
            let slow = get(async move || {
                asked.notify_one();
                goes.notified().await;
                "done."
            });
            let served = served(Router::new().route("/", slow), threads).await;
            let mut stream = TcpStream::connect(served.address).await.unwrap();
            let waiting = tokio::spawn(async move { ask(&mut stream, "/").await });
            begun.notified().await;
            served.end.notify_one();
            while TcpStream::connect(served.address).await.is_ok() {
                tokio::task::yield_now().await;
            }
            assert!(!served.ended.is_finished(), "{threads:?}");
            go.notify_one();
            assert_eq!(waiting.await.unwrap(), "done.", "{threads:?}");
            served.ended.await.unwrap().unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_finish_the_head_of_its_request_is_let_go() {
        let served = served(Router::new().route("/", get(whose)), Threads::Shared).await;
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        let begun = tokio::time::Instant::now();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: a\r\n").await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, b"", "there is no request to answer");
        assert!(begun.elapsed() >= PATIENCE, "{:?}", begun.elapsed());
    }
}
