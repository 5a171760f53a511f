//! An HTTP/1.1 client as small as can be: what the driver costs is taken from the server under test.

use anyhow::{Context as _, bail, ensure};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Where a directory's SCIM endpoint is and how to get in.
#[derive(Debug, Clone)]
pub(crate) struct Door {
    /// `127.0.0.1:port`.
    pub(crate) address: String,
    /// The path of the SCIM base.
    pub(crate) base: String,
    /// The bearer token.
    pub(crate) token: String,
}

/// One connection that is kept.
pub(crate) struct Client {
    stream: TcpStream,
    base: String,
    headers: String,
    request: String,
    buffer: Vec<u8>,
    /// How long the last call took.
    pub(crate) took: Duration,
}

impl Client {
    /// Connects to a door.
    pub(crate) async fn connect(door: &Door) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(&door.address).await.context("the server does not answer")?;
        stream.set_nodelay(true)?;
        let headers = format!(
            " HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/scim+json\r\ncontent-length: ",
            door.address, door.token
        );
        let buffer = Vec::with_capacity(16 * 1024);
        Ok(Self { stream, base: door.base.clone(), headers, request: String::new(), buffer, took: Duration::ZERO })
    }

    /// Makes `number` connections.
    pub(crate) async fn several(door: &Door, number: usize) -> anyhow::Result<Vec<Self>> {
        let mut clients = Vec::with_capacity(number);
        for _ in 0..number {
            clients.push(Self::connect(door).await?);
        }
        Ok(clients)
    }

    /// One call; the body of the answer. Another status than the expected one is an error; 2 stands for 200 or 204.
    pub(crate) async fn call(&mut self, method: &str, path: &str, body: &str, expected: u16) -> anyhow::Result<&[u8]> {
        self.request.clear();
        for part in [method, " ", &self.base, path, &self.headers, &body.len().to_string(), "\r\n\r\n", body] {
            self.request.push_str(part);
        }
        let begun = Instant::now();
        self.stream.write_all(self.request.as_bytes()).await?;
        let (status, body) = self.answer().await?;
        self.took = begun.elapsed();
        let body = &self.buffer[body..];
        if status != expected && !(expected == 2 && matches!(status, 200 | 204)) {
            let text = String::from_utf8_lossy(&body[..body.len().min(600)]);
            bail!("{method} {path} answered {status} where {expected} was expected: {text}");
        }
        Ok(body)
    }

    /// The same, read as JSON.
    pub(crate) async fn json(
        &mut self,
        method: &str,
        path: &str,
        body: &str,
        expected: u16,
    ) -> anyhow::Result<serde_json::Value> {
        Ok(serde_json::from_slice(self.call(method, path, body, expected).await?)?)
    }

    /// Reads an answer: its status and where its body begins.
    async fn answer(&mut self) -> anyhow::Result<(u16, usize)> {
        self.buffer.clear();
        let head = loop {
            self.more().await?;
            if let Some(at) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let text = std::str::from_utf8(&self.buffer[..head])?;
        let status = text.get(9..12).and_then(|code| code.parse().ok()).context("an answer without a status")?;
        let length = text.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            if name.eq_ignore_ascii_case("content-length") { value.trim().parse::<usize>().ok() } else { None }
        });
        let length = match (status, length) {
            (204 | 304, None) => 0,
            (_, Some(length)) => length,
            (_, None) => bail!("an answer without Content-Length"),
        };
        while self.buffer.len() < head + length {
            self.more().await?;
        }
        Ok((status, head))
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the server closed the connection");
        Ok(())
    }
}

/// Whether a body has a text in it.
pub(crate) fn contains(body: &[u8], text: &str) -> bool {
    body.windows(text.len()).any(|part| part == text.as_bytes())
}
