//! A browser without a screen: redirects, cookies, forms and origins as real browsers treat them.
//!
//! Owns one person's cookies and the page they look at; hands on pages and the trail of addresses that were asked for.
//! Must not know what any page means.

mod cookies;
mod html;
mod page;

pub use html::{Button, Form, Link};
pub use page::{Page, Step};

use crate::base::sources::Sources;
use crate::lab::error::LabError;
use cookies::{Jar, Visit};
use reqwest::Method;
use reqwest::header;
use reqwest::redirect::Policy;
use url::Url;

/// No honest chain is longer.
const MOST_HOPS: usize = 20;
const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const JSON: &str = "application/json";

/// One browser with its own cookies. It stops at every answer; [`follow`](Self::follow) and
/// [`settle`](Self::settle) go on.
#[derive(Debug)]
pub struct Browser {
    http: reqwest::Client,
    sources: Sources,
    jar: Jar,
    trail: Vec<Step>,
    page: Option<Page>,
    /// What led to the page that is open, for the next hop of the same walk.
    walk: Walk,
}

/// How a walk began: browsers judge cookies and origins by it through all its redirects.
#[derive(Debug, Clone)]
struct Walk {
    method: Method,
    fields: Vec<(String, String)>,
    /// The page whose link or form it was; none when the address was typed.
    initiator: Option<Url>,
    /// What `Origin` says on a POST.
    origin: String,
}

impl Walk {
    fn typed() -> Self {
        Self { method: Method::GET, fields: Vec::new(), initiator: None, origin: String::new() }
    }

    fn from(page: &Url, method: Method, fields: Vec<(String, String)>) -> Self {
        Self { method, fields, initiator: Some(page.clone()), origin: page.origin().ascii_serialization() }
    }
}

impl Browser {
    /// A browser without cookies, whose cookies age by the clock of `sources`.
    pub fn new(sources: Sources) -> Result<Self, LabError> {
        let http = reqwest::Client::builder().redirect(Policy::none()).no_proxy().build()?;
        Ok(Self { http, sources, jar: Jar::default(), trail: Vec::new(), page: None, walk: Walk::typed() })
    }

    /// From now on two ports of one host are two sites, as hosts of two owners would be: a harder test of `SameSite`
    /// than real browsers make of loopback. Cookies are still shared between ports.
    #[must_use]
    pub fn with_ports_as_sites(mut self) -> Self {
        self.jar.ports_are_sites = true;
        self
    }

    /// Types an address: one exchange, no redirect is followed.
    pub async fn get(&mut self, url: &str) -> Result<Page, LabError> {
        self.walk = Walk::typed();
        self.exchange(Url::parse(url)?, HTML).await
    }

    /// Types an address and goes on to the page where redirects end.
    pub async fn open(&mut self, url: &str) -> Result<Page, LabError> {
        self.get(url).await?;
        self.follow().await
    }

    /// What a script on a page of the same site would fetch: as [`get`](Self::get), but asks for JSON.
    pub async fn fetch(&mut self, url: &str) -> Result<Page, LabError> {
        self.walk = Walk::typed();
        self.exchange(Url::parse(url)?, JSON).await
    }

    /// Posts a form that stands on a page of the target's own origin: one exchange.
    pub async fn post_form(&mut self, url: &str, fields: &[(&str, &str)]) -> Result<Page, LabError> {
        self.post_form_from(url, url, fields).await
    }

    /// Posts a form that stands on the page `from`: cookies and `Origin` are those of a foreign site when it is one.
    pub async fn post_form_from(&mut self, from: &str, url: &str, fields: &[(&str, &str)]) -> Result<Page, LabError> {
        let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.walk = Walk::from(&Url::parse(from)?, Method::POST, fields);
        self.exchange(Url::parse(url)?, HTML).await
    }

    /// Follows redirects until an answer is none.
    pub async fn follow(&mut self) -> Result<Page, LabError> {
        for _ in 0..MOST_HOPS {
            let page = self.current()?;
            let Some(next) = page.redirect() else { return Ok(page.clone()) };
            let keeps_method = matches!(page.status, 307 | 308);
            let crossed = next.origin() != page.url.origin();
            if !keeps_method {
                self.walk.method = Method::GET;
                self.walk.fields.clear();
            } else if crossed {
                "null".clone_into(&mut self.walk.origin);
            }
            self.exchange(next, HTML).await?;
        }
        Err(LabError::TooManyRedirects)
    }

    /// Follows redirects and lets pages post their forms by themselves, until a page waits for a person.
    pub async fn settle(&mut self) -> Result<Page, LabError> {
        for _ in 0..MOST_HOPS {
            let page = self.follow().await?;
            if !page.posts_itself() {
                return Ok(page);
            }
            self.submit_auto_form().await?;
        }
        Err(LabError::TooManyRedirects)
    }

    /// Posts the first form of the open page as its script would: one exchange.
    pub async fn submit_auto_form(&mut self) -> Result<Page, LabError> {
        let page = self.current()?;
        let form = page.forms().into_iter().next().ok_or_else(|| page.without("form"))?;
        self.send(&form, None, &[]).await
    }

    /// Fills the first form that has all these fields and submits it with its first button: one exchange.
    pub async fn submit(&mut self, fields: &[(&str, &str)]) -> Result<Page, LabError> {
        let page = self.current()?;
        let fits = |form: &Form| fields.iter().all(|(name, _)| form.fields.iter().any(|(known, _)| known == name));
        let form = page.forms().into_iter().find(fits).ok_or_else(|| page.without("form with these fields"))?;
        let button = form.buttons.first().cloned();
        self.send(&form, button.as_ref(), fields).await
    }

    /// Presses the first button whose text or value contains `label`: one exchange.
    pub async fn press(&mut self, label: &str) -> Result<Page, LabError> {
        let page = self.current()?;
        let pressed = page.forms().into_iter().find_map(|form| {
            let fits = |button: &&Button| button.text.contains(label) || button.value.contains(label);
            let button = form.buttons.iter().find(fits).cloned()?;
            Some((form, button))
        });
        let (form, button) = pressed.ok_or_else(|| page.without("button of this name"))?;
        self.send(&form, Some(&button), &[]).await
    }

    /// Clicks the first link whose text or address contains `label`: one exchange.
    pub async fn click(&mut self, label: &str) -> Result<Page, LabError> {
        let page = self.current()?;
        let fits = |link: &Link| link.text.contains(label) || link.href.contains(label);
        let link = page.links().into_iter().find(fits).ok_or_else(|| page.without("link of this name"))?;
        let target = page.url.join(&link.href)?;
        self.walk = Walk::from(&page.url.clone(), Method::GET, Vec::new());
        self.exchange(target, HTML).await
    }

    /// The page that is open.
    pub fn current(&self) -> Result<&Page, LabError> {
        self.page.as_ref().ok_or(LabError::NoPage)
    }

    /// Every exchange so far, oldest first.
    #[must_use]
    pub fn trail(&self) -> &[Step] {
        &self.trail
    }

    /// The value of the cookie that would be sent to `url`.
    #[must_use]
    pub fn cookie(&self, url: &str, name: &str) -> Option<String> {
        let url = Url::parse(url).ok()?;
        self.jar.value(&url, name, self.sources.now())
    }

    /// Throws all cookies away, as a private window does when it is closed.
    pub fn forget_cookies(&mut self) {
        self.jar.clear();
    }

    async fn send(&mut self, form: &Form, button: Option<&Button>, filled: &[(&str, &str)]) -> Result<Page, LabError> {
        let from = self.current()?.url.clone();
        let action = button.and_then(|button| button.action.as_ref()).unwrap_or(&form.action);
        let mut target = from.join(action)?;
        let fields = form.filled(button, filled);
        if form.post {
            self.walk = Walk::from(&from, Method::POST, fields);
        } else {
            target.query_pairs_mut().clear().extend_pairs(fields);
            self.walk = Walk::from(&from, Method::GET, Vec::new());
        }
        self.exchange(target, HTML).await
    }

    async fn exchange(&mut self, url: Url, accept: &str) -> Result<Page, LabError> {
        let safe = self.walk.method == Method::GET;
        let visit = Visit { url: &url, initiator: self.walk.initiator.as_ref(), safe };
        let mut request = self.http.request(self.walk.method.clone(), url.clone()).header(header::ACCEPT, accept);
        request = request.header("Sec-Fetch-Site", self.jar.relation(&visit)).header("Sec-Fetch-Mode", "navigate");
        if let Some(cookies) = self.jar.header(&visit, self.sources.now()) {
            request = request.header(header::COOKIE, cookies);
        }
        if !safe {
            request = request.header(header::ORIGIN, &self.walk.origin).form(&self.walk.fields);
        }
        let response = request.send().await?;
        let set = response.headers().get_all(header::SET_COOKIE);
        for line in set.iter().filter_map(|value| value.to_str().ok()) {
            self.jar.take(line, &url, self.sources.now());
        }
        let step = Step { method: self.walk.method.clone(), url: url.clone(), status: response.status().as_u16() };
        let page = Page { url, status: step.status, headers: response.headers().clone(), body: response.text().await? };
        self.trail.push(step);
        self.page = Some(page.clone());
        Ok(page)
    }
}

#[cfg(test)]
mod tests;
