//! A program of a customer's that calls the management API with its token.

use super::error::LabError;
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// A caller with one bearer token.
#[derive(Debug, Clone)]
pub struct ApiClient {
    base_url: String,
    token: SecretString,
    http: reqwest::Client,
}

impl ApiClient {
    /// A caller of the API at `base_url`, without a slash at the end.
    pub fn new(base_url: &str, token: SecretString) -> Result<Self, LabError> {
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build()?;
        Ok(Self { base_url: base_url.to_owned(), token, http })
    }

    /// Reads what is at `path`: the status, and the body as JSON (null when it is none).
    pub async fn get(&self, path: &str) -> Result<(u16, Value), LabError> {
        self.send(self.request(Method::GET, path)).await
    }

    /// Changes what is at `path`; answers as [`get`](Self::get).
    pub async fn patch(&self, path: &str, change: &Value) -> Result<(u16, Value), LabError> {
        self.send(self.request(Method::PATCH, path).json(change)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base_url)).bearer_auth(self.token.expose_secret())
    }

    async fn send(&self, request: RequestBuilder) -> Result<(u16, Value), LabError> {
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, serde_json::from_slice(&answer.bytes().await?).unwrap_or_default()))
    }
}
