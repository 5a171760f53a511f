//! Queries and their answers: query strings, `.search` bodies, ListResponse (RFC 7644 §3.4.2, §3.4.3, RFC 9865).

use memchr::memchr2;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;
use std::borrow::Cow;

use crate::protocol::scim::error::ScimError;
use crate::protocol::scim::error::ScimType;
use crate::protocol::scim::normalise;
use crate::protocol::scim::profile::Applied;
use crate::protocol::scim::profile::Profile;
use crate::protocol::scim::profile::Quirk;
use crate::protocol::scim::projection::{Shown, split_names};
use crate::protocol::scim::put_json;

/// The URN of a ListResponse.
pub const LIST_URN: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";
/// The URN of a SearchRequest.
pub const SEARCH_URN: &str = "urn:ietf:params:scim:api:messages:2.0:SearchRequest";

const PARAMETERS: [&str; 8] =
    ["filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes", "excludedAttributes"];

/// The keys of a SearchRequest.
const KEYS: [&str; 9] =
    ["schemas", "filter", "sortBy", "sortOrder", "startIndex", "count", "cursor", "attributes", "excludedAttributes"];

/// How long a page may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimits {
    /// Without `count`.
    pub default: u64,
    /// At most.
    pub max: u64,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { default: 100, max: 1000 }
    }
}

/// Which page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Paging {
    /// By position.
    Index {
        /// The first position, counted from 1.
        start: u64,
        /// The length; 0 asks for the total alone.
        count: u64,
    },
    /// By cursor (RFC 9865).
    Cursor {
        /// The cursor of an earlier page; `None` is the first.
        cursor: Option<String>,
        /// The length.
        count: u64,
    },
}

impl Paging {
    /// The length of the page.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self {
            Self::Index { count, .. } | Self::Cursor { count, .. } => *count,
        }
    }
}

/// A query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListRequest {
    /// The filter as written.
    pub filter: Option<String>,
    /// The attribute to sort by, as written.
    pub sort_by: Option<String>,
    /// Whether the order is descending.
    pub descending: bool,
    /// The page.
    pub paging: Paging,
    /// The names of `attributes`.
    pub attributes: Vec<String>,
    /// The names of `excludedAttributes`.
    pub excluded: Vec<String>,
    /// The rewrites that the request needed.
    pub applied: Applied,
}

#[derive(Default)]
struct Fields {
    values: [Option<String>; 8],
    applied: Applied,
}

impl Fields {
    /// The last of several counts; lists of names are joined.
    fn put(&mut self, at: usize, value: Cow<'_, str>) {
        let joined = match &self.values[at] {
            Some(before) if is_list(PARAMETERS[at]) => format!("{before},{value}"),
            _ => value.into_owned(),
        };
        self.values[at] = Some(joined);
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = PARAMETERS.iter().position(|known| *known == name)?;
        self.values[at].take()
    }
}

impl ListRequest {
    /// Reads decoded query parameters; unknown ones are ignored.
    ///
    /// # Errors
    /// 400 `invalidValue` for what is no number or order, `invalidCount` beside a cursor, `invalidFilter` for an empty filter.
    pub fn from_query<'a>(
        pairs: impl IntoIterator<Item = Pair<'a>>,
        limits: PageLimits,
        profile: Profile,
    ) -> Result<Self, ScimError> {
        let mut fields = Fields::default();
        for (name, value) in pairs {
            match PARAMETERS.iter().position(|known| known.eq_ignore_ascii_case(&name)) {
                Some(at) => fields.put(at, value),
                None if name.is_empty() => {}
                None => fields.applied.note(Quirk::QueryFlag),
            }
        }
        if !profile.allows(Quirk::QueryFlag) {
            fields.applied = Applied::default();
        }
        Self::read(fields, limits)
    }

    /// Reads the body of a `.search`.
    ///
    /// # Errors
    /// As [`ListRequest::from_query`], and 400 `invalidSyntax` for a body that is no object.
    pub fn from_search(body: Value, limits: PageLimits, profile: Profile) -> Result<Self, ScimError> {
        let Value::Object(body) = body else {
            return Err(ScimError::invalid_syntax("The body is no JSON object; send a SearchRequest."));
        };
        let mut fields = Fields::default();
        let mut body = normalise::message(body, &KEYS, profile, &mut fields.applied);
        body.retain(|_, value| !value.is_null());
        if body.get("schemas").is_some_and(|schemas| !is_list_of_texts(schemas)) {
            return Err(ScimError::invalid_syntax(format!("schemas is no list of URNs; send [\"{SEARCH_URN}\"].")));
        }
        if body.get("schemas").is_none() && !fields.applied.allow(profile, Quirk::MissingSchemas) {
            return Err(ScimError::invalid_syntax(format!("schemas is missing; send [\"{SEARCH_URN}\"].")));
        }
        for (at, name) in PARAMETERS.iter().enumerate() {
            fields.values[at] = match body.get(*name) {
                None => None,
                Some(value) => Some(search_value(name, value, profile, &mut fields.applied)?),
            };
        }
        Self::read(fields, limits)
    }

    fn read(mut fields: Fields, limits: PageLimits) -> Result<Self, ScimError> {
        let filter = fields.take("filter");
        if filter.as_ref().is_some_and(|text| text.trim().is_empty()) {
            return Err(ScimError::invalid_filter("The filter is empty; leave it out, or send one."));
        }
        let descending = match fields.take("sortOrder") {
            None => false,
            Some(order) if order.is_empty() || order.eq_ignore_ascii_case("ascending") => false,
            Some(order) if order.eq_ignore_ascii_case("descending") => true,
            Some(_) => return Err(ScimError::invalid_value("sortOrder is ascending or descending.")),
        };
        let (cursor, start, count) = (fields.take("cursor"), fields.take("startIndex"), fields.take("count"));
        let paging = paging(cursor, start, count, limits)?;
        let names = |list: Option<String>| split_names(list.as_deref().unwrap_or_default());
        let (attributes, excluded) = (names(fields.take("attributes")), names(fields.take("excludedAttributes")));
        if !attributes.is_empty() && !excluded.is_empty() {
            return Err(ScimError::invalid_value("attributes and excludedAttributes exclude each other; send one."));
        }
        let sort_by = fields.take("sortBy").map(|path| path.trim().to_owned()).filter(|path| !path.is_empty());
        Ok(Self { filter, sort_by, descending, paging, attributes, excluded, applied: fields.applied })
    }
}

fn paging(
    cursor: Option<String>,
    start: Option<String>,
    count: Option<String>,
    limits: PageLimits,
) -> Result<Paging, ScimError> {
    let number = |text: Option<String>, name: &str, reason| match text.as_deref().map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) => whole_number(text)
            .map(Some)
            .ok_or_else(|| ScimError::bad(reason, format!("{name} is no whole number; send one, as in {name}=100."))),
    };
    let clamp = |count: Option<i64>| match count {
        None => limits.default.min(limits.max),
        Some(count) => u64::try_from(count).unwrap_or(0).min(limits.max),
    };
    let Some(cursor) = cursor else {
        let start = number(start, "startIndex", ScimType::InvalidValue)?.unwrap_or(1);
        let count = clamp(number(count, "count", ScimType::InvalidValue)?);
        return Ok(Paging::Index { start: u64::try_from(start).unwrap_or(1).max(1), count });
    };
    if start.is_some_and(|start| !start.is_empty()) {
        return Err(ScimError::invalid_value("cursor and startIndex exclude each other; send one."));
    }
    let count = clamp(number(count, "count", ScimType::InvalidCount)?);
    Ok(Paging::Cursor { cursor: (!cursor.is_empty()).then_some(cursor), count })
}

/// A whole number of any length, cut to what fits.
fn whole_number(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(if text.starts_with('-') { i64::MIN } else { i64::MAX }))
}

/// Whether a parameter is a list of names.
fn is_list(name: &str) -> bool {
    matches!(name, "attributes" | "excludedAttributes")
}

fn is_list_of_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}

fn search_value(name: &str, value: &Value, profile: Profile, applied: &mut Applied) -> Result<String, ScimError> {
    let numeric = matches!(name, "startIndex" | "count");
    let list = is_list(name);
    match value {
        Value::Number(number) if numeric => return Ok(number.to_string()),
        Value::String(text) if !numeric && !list => return Ok(text.clone()),
        Value::String(text) if applied.allow(profile, Quirk::SearchForm) => return Ok(text.clone()),
        Value::Array(names) if list && names.iter().all(Value::is_string) => {
            return Ok(names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","));
        }
        _ => {}
    }
    Err(ScimError::invalid_value(format!("{name} has the wrong type; see RFC 7644 section 3.4.3.")))
}

/// The name of a parameter and its value, decoded.
pub type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// Decodes a query string as clients write it (requirement 51): `+` is a blank, a percent sign without two hex digits
/// stands for itself, blanks, quotes and brackets may come as they are.
///
/// # Errors
/// 400 `invalidFilter` for a filter that is no UTF-8: guessed at, it would find nobody, or somebody else.
pub fn decode_query(raw: &str) -> Result<Vec<Pair<'_>>, ScimError> {
    let parts = raw.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let (name, value) = (lossy(decode(name)), decode(value));
            if name.eq_ignore_ascii_case("filter") && std::str::from_utf8(&value).is_err() {
                return Err(ScimError::invalid_filter("The filter is not UTF-8; encode it so in the address."));
            }
            Ok((name, lossy(value)))
        })
        .collect()
}

fn lossy(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
        Cow::Owned(bytes) => String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
            .into(),
    }
}

fn decode(text: &str) -> Cow<'_, [u8]> {
    let mut rest = text.as_bytes();
    if memchr2(b'%', b'+', rest).is_none() {
        return rest.into();
    }
    let mut bytes = Vec::with_capacity(text.len());
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'%' if let Some(byte) = hex_pair(tail) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            b'+' => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    bytes.into()
}

/// The byte that the first two hex digits say.
fn hex_pair(text: &[u8]) -> Option<u8> {
    let digit = |at: usize| char::from(*text.get(at)?).to_digit(16);
    u8::try_from(digit(0)? * 16 + digit(1)?).ok()
}

/// What an answer says about its page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListPage {
    /// All matches; `None` where a cursor answer does not know.
    pub total: Option<u64>,
    /// The position of the first resource, counted from 1.
    pub start_index: u64,
    /// The cursor of the next page; `None` on the last.
    pub next_cursor: Option<String>,
    /// The cursor of the page before; `None` on the first.
    pub previous_cursor: Option<String>,
}

/// A ListResponse. `itemsPerPage` is what the page holds, and `Resources` is there even if empty.
#[must_use]
pub fn list_response(resources: Vec<Value>, page: &ListPage) -> Value {
    let mut body = json!(Frame::of(resources.len(), page));
    // Handed on as they are: `json!` would copy all of them.
    body["Resources"] = Value::Array(resources);
    body
}

/// The same as JSON text: what is text already is not put together once more to be written.
#[must_use]
pub fn list_text(resources: &[Shown], page: &ListPage) -> Vec<u8> {
    let known = resources.iter().map(|resource| if let Shown::Text(text) = resource { text.len() + 1 } else { 0 });
    let mut text = Vec::with_capacity(FRAME + known.sum::<usize>());
    put_json(&mut text, &Frame::of(resources.len(), page));
    text.pop();
    text.extend(b",\"Resources\":[");
    for (at, resource) in resources.iter().enumerate() {
        text.extend((at > 0).then_some(b','));
        resource.put(&mut text);
    }
    text.extend(b"]}");
    text
}

/// About how long a list without resources is, in bytes.
const FRAME: usize = 256;

/// A list without what it lists.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame<'a> {
    schemas: [&'static str; 1],
    start_index: u64,
    items_per_page: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    total_results: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_cursor: Option<&'a str>,
}

impl<'a> Frame<'a> {
    fn of(resources: usize, page: &'a ListPage) -> Self {
        Self {
            schemas: [LIST_URN],
            start_index: page.start_index.max(1),
            items_per_page: resources,
            total_results: page.total,
            next_cursor: page.next_cursor.as_deref(),
            previous_cursor: page.previous_cursor.as_deref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(pairs: &[(&str, &str)]) -> Result<ListRequest, ScimError> {
        let pairs = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        ListRequest::from_query(pairs, PageLimits::default(), Profile::Auto)
    }

    fn page(pairs: &[(&str, &str)]) -> (u64, u64) {
        match query(pairs).unwrap().paging {
            Paging::Index { start, count } => (start, count),
            Paging::Cursor { .. } => panic!("a cursor"),
        }
    }

    #[test]
    fn r053_positions_and_lengths_are_clamped() {
        assert_eq!(page(&[]), (1, 100));
        assert_eq!(page(&[("startIndex", "0"), ("count", "-5")]), (1, 0));
        assert_eq!(page(&[("startIndex", "101"), ("count", "99999999999999999999999")]), (101, 1000));
        assert_eq!(page(&[("startIndex", ""), ("", ""), ("aadOptscim062020", "")]), (1, 100));
        for wrong in ["x", "1.5", "1e3", "--1"] {
            assert_eq!(query(&[("count", wrong)]).unwrap_err().scim_type, Some(ScimType::InvalidValue), "{wrong}");
        }
    }

    #[test]
    fn r055_r058_r059_cursors() {
        let first = query(&[("cursor", ""), ("count", "5")]).unwrap();
        assert_eq!(first.paging, Paging::Cursor { cursor: None, count: 5 });
        let bad = |pairs: &[(&str, &str)]| query(pairs).unwrap_err().scim_type;
        assert_eq!(bad(&[("cursor", "x"), ("startIndex", "1")]), Some(ScimType::InvalidValue));
        assert_eq!(bad(&[("cursor", "x"), ("count", "y")]), Some(ScimType::InvalidCount));
    }

    #[test]
    fn r048_an_empty_filter_is_a_fault_and_r062_both_projections_are() {
        assert_eq!(query(&[("filter", " ")]).unwrap_err().scim_type, Some(ScimType::InvalidFilter));
        assert_eq!(query(&[("attributes", "a"), ("excludedAttributes", "b")]).unwrap_err().status, 400);
        assert_eq!(query(&[("sortOrder", "sideways")]).unwrap_err().status, 400);
    }

    #[test]
    fn r024_r051_query_strings_are_read_as_clients_write_them() {
        let one = |raw| {
            decode_query(raw).unwrap().into_iter().map(|(name, value)| format!("{name}|{value}")).collect::<Vec<_>>()
        };
        assert_eq!(one("filter=userName+eq+\"a%40x\"&"), ["filter|userName eq \"a@x\""]);
        assert_eq!(
            one("filter=emails[type eq \"work\"]&count=1&&a"),
            ["filter|emails[type eq \"work\"]", "count|1", "a|"]
        );
        assert_eq!(one("a=100%&b=%zz%C3%A9&c=%"), ["a|100%", "b|%zzé", "c|%"]);
        assert_eq!(decode_query("x=%FF&Filter=%FF").unwrap_err().scim_type, Some(ScimType::InvalidFilter));
    }

    #[test]
    fn r061_d12_a_search_body_says_the_same() {
        let body = json!({
            "schemas": [SEARCH_URN], "filter": "userName pr", "count": "7", "attributes": "userName,emails",
            "sortBy": "userName", "sortOrder": "Descending"
        });
        let search = ListRequest::from_search(body, PageLimits::default(), Profile::Auto).unwrap();
        assert_eq!((search.paging.count(), search.attributes.len(), search.descending), (7, 2, true));
        assert_eq!(search.applied.quirks(), [Quirk::SearchForm]);
        let strict = |body| ListRequest::from_search(body, PageLimits::default(), Profile::RfcStrict);
        assert!(strict(json!({ "schemas": [SEARCH_URN], "count": "7" })).is_err());
        assert!(strict(json!({ "schemas": [SEARCH_URN], "count": 7, "excludedAttributes": ["a"] })).is_ok());
        assert!(strict(json!({ "schemas": [SEARCH_URN], "filter": 7 })).is_err());
    }

    #[test]
    fn r036_r037_an_empty_answer_has_integers_and_an_empty_list() {
        let body = list_response(Vec::new(), &ListPage { total: Some(0), start_index: 1, ..ListPage::default() });
        let expected = json!({
            "schemas": [LIST_URN], "totalResults": 0, "startIndex": 1, "itemsPerPage": 0, "Resources": []
        });
        assert_eq!(body, expected);
    }
}
