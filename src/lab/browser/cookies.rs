//! A cookie jar (RFC 6265bis): hosts without ports, paths, ages, `Secure`, `SameSite`, name prefixes.

use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use url::{Host, Url};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SameSite {
    Strict,
    Lax,
    None,
}

#[derive(Debug, Clone)]
struct Cookie {
    name: String,
    value: String,
    domain: String,
    host_only: bool,
    path: String,
    secure: bool,
    same_site: SameSite,
    /// None: as long as the browser runs.
    until: Option<DateTime<Utc>>,
}

/// The cookies of one browser.
#[derive(Debug, Default)]
pub(super) struct Jar {
    cookies: Vec<Cookie>,
    pub(super) ports_are_sites: bool,
}

/// A request that is about to be sent.
pub(super) struct Visit<'a> {
    pub(super) url: &'a Url,
    /// The page that caused it.
    pub(super) initiator: Option<&'a Url>,
    /// A GET.
    pub(super) safe: bool,
}

impl Jar {
    /// Takes a `Set-Cookie` line of an answer from `url`, unless a browser would not.
    pub(super) fn take(&mut self, line: &str, url: &Url, now: DateTime<Utc>) {
        let Some(cookie) = Cookie::read(line, url, now) else { return };
        self.cookies.retain(|old| !old.replaced_by(&cookie));
        if cookie.until.is_none_or(|until| until > now) {
            self.cookies.push(cookie);
        }
    }

    /// The `Cookie` header of a visit.
    pub(super) fn header(&self, visit: &Visit<'_>, now: DateTime<Utc>) -> Option<String> {
        let same_site = self.relation(visit) != "cross-site";
        let mut sent: Vec<&Cookie> = self.cookies.iter().filter(|cookie| cookie.belongs_to(visit.url, now)).collect();
        sent.retain(|cookie| match cookie.same_site {
            SameSite::None => true,
            SameSite::Lax => same_site || visit.safe,
            SameSite::Strict => same_site,
        });
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = sent.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// The value that would be sent to `url` under this name.
    pub(super) fn value(&self, url: &Url, name: &str, now: DateTime<Utc>) -> Option<String> {
        let found = self.cookies.iter().find(|cookie| cookie.name == name && cookie.belongs_to(url, now));
        found.map(|cookie| cookie.value.clone())
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.cookies.clear();
    }

    /// `Sec-Fetch-Site` of a visit.
    pub(super) fn relation(&self, visit: &Visit<'_>) -> &'static str {
        match visit.initiator {
            None => "none",
            Some(from) if from.origin() == visit.url.origin() => "same-origin",
            Some(from) if self.site(from) == self.site(visit.url) => "same-site",
            Some(_) => "cross-site",
        }
    }

    /// Scheme and registrable domain, which is the last two labels in this world.
    fn site(&self, url: &Url) -> (String, String, Option<u16>) {
        let domain = match url.host() {
            Some(Host::Domain(name)) => {
                let labels: Vec<&str> = name.rsplit('.').take(2).collect();
                labels.into_iter().rev().collect::<Vec<_>>().join(".")
            }
            Some(address) => address.to_string(),
            None => String::new(),
        };
        (url.scheme().to_owned(), domain, url.port_or_known_default().filter(|_| self.ports_are_sites))
    }
}

impl Cookie {
    fn read(line: &str, url: &Url, now: DateTime<Utc>) -> Option<Self> {
        let mut parts = line.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let host = url.host_str()?.to_owned();
        let mut cookie = Self {
            name: name.trim().to_owned(),
            value: value.trim().to_owned(),
            domain: host.clone(),
            host_only: true,
            path: default_path(url),
            secure: false,
            same_site: SameSite::Lax,
            until: None,
        };
        let mut max_age = None;
        let mut has_path = false;
        for part in parts {
            let (key, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "max-age" => max_age = value.parse::<i64>().ok(),
                "expires" => cookie.until = http_date(value),
                "path" if value.starts_with('/') => {
                    value.clone_into(&mut cookie.path);
                    has_path = true;
                }
                "domain" if !value.is_empty() => {
                    value.trim_start_matches('.').to_ascii_lowercase().clone_into(&mut cookie.domain);
                    cookie.host_only = false;
                }
                "secure" => cookie.secure = true,
                "samesite" if value.eq_ignore_ascii_case("strict") => cookie.same_site = SameSite::Strict,
                "samesite" if value.eq_ignore_ascii_case("none") => cookie.same_site = SameSite::None,
                _ => {}
            }
        }
        if let Some(seconds) = max_age {
            let age = Duration::try_seconds(seconds).unwrap_or(Duration::days(400)).min(Duration::days(400));
            cookie.until = Some(now + age.max(Duration::zero()));
        }
        (cookie.is_acceptable(&host, url) && cookie.keeps_prefix(has_path)).then_some(cookie)
    }

    fn is_acceptable(&self, host: &str, url: &Url) -> bool {
        let own = self.host_only || self.domain == host || domain_matches(host, &self.domain);
        let secure_enough = !self.secure || trustworthy(url);
        own && secure_enough && (self.same_site != SameSite::None || self.secure)
    }

    fn keeps_prefix(&self, has_path: bool) -> bool {
        if self.name.starts_with("__Host-") {
            return self.secure && self.host_only && has_path && self.path == "/";
        }
        !self.name.starts_with("__Secure-") || self.secure
    }

    fn replaced_by(&self, new: &Self) -> bool {
        self.name == new.name && self.domain == new.domain && self.path == new.path
    }

    fn belongs_to(&self, url: &Url, now: DateTime<Utc>) -> bool {
        let host = url.host_str().unwrap_or_default();
        let right_host = self.domain == host || (!self.host_only && domain_matches(host, &self.domain));
        let alive = self.until.is_none_or(|until| until > now);
        right_host && alive && path_matches(url.path(), &self.path) && (!self.secure || trustworthy(url))
    }
}

/// The date of `Expires`; the day of the week is not looked at (RFC 6265 §5.1.1).
fn http_date(text: &str) -> Option<DateTime<Utc>> {
    let (_, date) = text.split_once(", ")?;
    NaiveDateTime::parse_from_str(date, "%d %b %Y %H:%M:%S GMT").ok().map(|at| at.and_utc())
}

/// TLS, or loopback: browsers trust both with `Secure` cookies.
fn trustworthy(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    };
    url.scheme() == "https" || loopback
}

fn domain_matches(host: &str, domain: &str) -> bool {
    domain.contains('.') && host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

fn path_matches(path: &str, cookie: &str) -> bool {
    path.strip_prefix(cookie).is_some_and(|rest| rest.is_empty() || cookie.ends_with('/') || rest.starts_with('/'))
}

fn default_path(url: &Url) -> String {
    match url.path().rfind('/') {
        None | Some(0) => "/".to_owned(),
        Some(at) => url.path()[..at].to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn sent(jar: &Jar, to: &str, from: Option<&str>, safe: bool) -> Option<String> {
        let from = from.map(url);
        jar.header(&Visit { url: &url(to), initiator: from.as_ref(), safe }, DateTime::UNIX_EPOCH)
    }

    fn jar(lines: &[&str], from: &str) -> Jar {
        let mut jar = Jar::default();
        lines.iter().for_each(|line| jar.take(line, &url(from), DateTime::UNIX_EPOCH));
        jar
    }

    #[test]
    fn ports_of_one_host_share_cookies_and_hosts_do_not() {
        let jar = jar(&["a=1; Path=/"], "http://127.0.0.1:8080/x");
        assert_eq!(sent(&jar, "http://127.0.0.1:9000/", None, true).unwrap(), "a=1");
        assert_eq!(sent(&jar, "http://localhost:8080/", None, true), None);
    }

    #[test]
    fn a_foreign_post_carries_only_cookies_for_everybody() {
        let lines = ["s=1; SameSite=Strict", "l=1; SameSite=Lax", "d=1", "n=1; SameSite=None; Secure"];
        let mut jar = jar(&lines, "https://app.acme.test/");
        let (to, foreign) = ("https://app.acme.test/", Some("https://idp.test/"));
        assert_eq!(sent(&jar, to, foreign, false).unwrap(), "n=1");
        assert_eq!(sent(&jar, to, foreign, true).unwrap(), "l=1; d=1; n=1");
        assert_eq!(sent(&jar, to, Some("https://www.acme.test/"), false).unwrap(), "s=1; l=1; d=1; n=1");
        jar.ports_are_sites = true;
        assert_eq!(sent(&jar, to, Some("https://app.acme.test:1/"), false).unwrap(), "n=1");
    }

    #[test]
    fn loopback_counts_as_secure_and_other_plain_http_does_not() {
        let line = "__Host-s=1; Secure; Path=/; HttpOnly";
        assert!(sent(&jar(&[line], "http://127.0.0.1:1/"), "http://127.0.0.1:1/", None, true).is_some());
        assert!(sent(&jar(&[line], "http://acme.test/"), "https://acme.test/", None, true).is_none());
        assert!(sent(&jar(&["__Host-s=1; Path=/"], "https://a.test/"), "https://a.test/", None, true).is_none());
        assert!(sent(&jar(&["s=1; SameSite=None"], "https://a.test/"), "https://a.test/", None, true).is_none());
    }

    #[test]
    fn paths_and_ages_are_kept() {
        let mut jar =
            jar(&["a=1; Path=/login", "b=1; Path=/; Max-Age=60", "c=1; Path=/; Max-Age=0"], "http://a.test/x");
        assert_eq!(sent(&jar, "http://a.test/login/2", None, true).unwrap(), "a=1; b=1");
        assert_eq!(sent(&jar, "http://a.test/logins", None, true).unwrap(), "b=1");
        assert_eq!(jar.value(&url("http://a.test/"), "b", DateTime::UNIX_EPOCH + Duration::seconds(61)), None);
        let past = "b=; Path=/; Expires=Wed, 21 Oct 1969 07:28:00 GMT";
        jar.take(past, &url("http://a.test/"), DateTime::UNIX_EPOCH);
        assert_eq!(sent(&jar, "http://a.test/", None, true), None);
    }
}
