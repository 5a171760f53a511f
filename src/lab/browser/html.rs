//! Just enough HTML: forms, links and text, found by scanning tags.

/// A button of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Button {
    /// Its `name`; empty when it sends nothing.
    pub name: String,
    /// Its `value`.
    pub value: String,
    /// What is written on it.
    pub text: String,
    /// `formaction`, when it sends the form elsewhere.
    pub action: Option<String>,
}

/// A form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Form {
    /// Where it goes, as written; empty is the page itself.
    pub action: String,
    /// POST; else GET.
    pub post: bool,
    /// Names and present values of its fields (unchecked boxes are left out).
    pub fields: Vec<(String, String)>,
    /// Its submit buttons.
    pub buttons: Vec<Button>,
}

impl Form {
    /// What is sent when `button` is pressed after these fields were filled.
    pub(super) fn filled(&self, button: Option<&Button>, filled: &[(&str, &str)]) -> Vec<(String, String)> {
        let value = |name: &str| filled.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        let fields = self.fields.iter().map(|(name, old)| (name.clone(), value(name).unwrap_or_else(|| old.clone())));
        let pressed = button.filter(|button| !button.name.is_empty());
        fields.chain(pressed.map(|button| (button.name.clone(), button.value.clone()))).collect()
    }
}

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Where it leads, as written.
    pub href: String,
    /// What is written on it.
    pub text: String,
}

/// What was found on a page.
#[derive(Debug, Default)]
pub(super) struct Markup {
    pub(super) forms: Vec<Form>,
    pub(super) links: Vec<Link>,
    pub(super) text: String,
    /// A script or handler on the page submits a form.
    pub(super) submits: bool,
    in_form: bool,
    /// The element whose text is being collected, and where it began in `text`.
    collecting: Option<(&'static str, usize)>,
    textarea: Option<String>,
    select: Option<String>,
}

impl Markup {
    /// Reads a page; what cannot be read is passed over.
    pub(super) fn read(html: &str) -> Self {
        let mut markup = Self::default();
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            markup.say(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("<!--") {
                rest = after.find("-->").map_or("", |end| &after[end + 3..]);
                continue;
            }
            let Some(tag) = Tag::read(rest) else {
                markup.text.push('<');
                rest = &rest[1..];
                continue;
            };
            rest = &rest[tag.length..];
            if !tag.closing && matches!(tag.name.as_str(), "script" | "style" | "title") {
                let end = rest.to_ascii_lowercase().find(&format!("</{}", tag.name)).unwrap_or(rest.len());
                markup.submits |= tag.name == "script" && rest[..end].contains("submit(");
                rest = &rest[end..];
            }
            markup.submits |= tag.attribute("onload").is_some_and(|script| script.contains("submit("));
            if tag.closing { markup.close(&tag.name) } else { markup.open(&tag) }
        }
        markup.say(rest);
        markup.text = markup.text.split_whitespace().collect::<Vec<_>>().join(" ");
        markup
    }

    fn say(&mut self, raw: &str) {
        self.text.push_str(&unescape(raw));
    }

    fn open(&mut self, tag: &Tag) {
        let value = || tag.attribute("value").unwrap_or_default().to_owned();
        let name = tag.attribute("name").unwrap_or_default().to_owned();
        match tag.name.as_str() {
            "form" => {
                let post = tag.attribute("method").is_some_and(|method| method.eq_ignore_ascii_case("post"));
                let action = tag.attribute("action").unwrap_or_default().to_owned();
                self.forms.push(Form { action, post, ..Form::default() });
                self.in_form = true;
            }
            "a" => {
                self.links
                    .push(Link { href: tag.attribute("href").unwrap_or_default().to_owned(), text: String::new() });
                self.collecting = Some(("a", self.text.len()));
            }
            "button" if tag.attribute("type").is_none_or(|kind| kind.eq_ignore_ascii_case("submit")) => {
                let action = tag.attribute("formaction").map(str::to_owned);
                self.add_button(Button { name, value: value(), text: String::new(), action });
                self.collecting = Some(("button", self.text.len()));
            }
            "input" => self.input(tag, name, value()),
            "textarea" => {
                self.textarea = Some(name);
                self.collecting = Some(("textarea", self.text.len()));
            }
            "select" => self.select = Some(name),
            "option" => self.option(tag, value()),
            "br" | "p" | "div" | "li" | "td" | "th" | "dt" | "dd" | "h1" | "h2" | "h3" | "tr" => self.text.push(' '),
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        self.text.push_str(if matches!(name, "p" | "div" | "li" | "td" | "dd" | "dt" | "h1") { " " } else { "" });
        match name {
            "form" => self.in_form = false,
            "select" => self.select = None,
            _ => {}
        }
        let Some((collected, from)) = self.collecting.filter(|(collected, _)| *collected == name) else { return };
        self.collecting = None;
        let text = self.text[from..].split_whitespace().collect::<Vec<_>>().join(" ");
        let raw = self.text[from..].to_owned();
        match collected {
            "a" => self.links.last_mut().into_iter().for_each(|link| link.text.clone_from(&text)),
            "button" => {
                let button = self.forms.last_mut().and_then(|form| form.buttons.last_mut());
                button.into_iter().for_each(|button| button.text.clone_from(&text));
            }
            _ => {
                let name = self.textarea.take().unwrap_or_default();
                self.add_field(name, raw);
            }
        }
    }

    fn input(&mut self, tag: &Tag, name: String, value: String) {
        match tag.attribute("type").unwrap_or("text").to_ascii_lowercase().as_str() {
            "submit" | "image" => self.add_button(Button { name, text: value.clone(), value, action: None }),
            "button" | "reset" | "file" => {}
            "checkbox" | "radio" if tag.attribute("checked").is_none() => {}
            "checkbox" | "radio" if value.is_empty() => self.add_field(name, "on".to_owned()),
            _ => self.add_field(name, value),
        }
    }

    /// The first option counts until a selected one comes.
    fn option(&mut self, tag: &Tag, value: String) {
        let Some(name) = self.select.clone() else { return };
        let Some(form) = self.forms.last_mut().filter(|_| self.in_form) else { return };
        match form.fields.iter_mut().find(|(known, _)| *known == name) {
            Some(field) if tag.attribute("selected").is_some() => field.1 = value,
            Some(_) => {}
            None => form.fields.push((name, value)),
        }
    }

    fn add_field(&mut self, name: String, value: String) {
        if self.in_form && !name.is_empty() {
            self.forms.last_mut().into_iter().for_each(|form| form.fields.push((name.clone(), value.clone())));
        }
    }

    fn add_button(&mut self, button: Button) {
        if self.in_form {
            self.forms.last_mut().into_iter().for_each(|form| form.buttons.push(button.clone()));
        }
    }
}

/// One tag as written.
struct Tag {
    name: String,
    closing: bool,
    attributes: Vec<(String, String)>,
    /// Bytes from `<` to behind `>`.
    length: usize,
}

impl Tag {
    /// Reads the tag that `html` begins with.
    fn read(html: &str) -> Option<Self> {
        let inner = html.strip_prefix('<')?;
        let closing = inner.starts_with('/');
        let inner = inner.trim_start_matches('/');
        let name_length = inner.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(inner.len());
        if name_length == 0 && !inner.starts_with('!') {
            return None;
        }
        let name = inner[..name_length].to_ascii_lowercase();
        let (attributes, after) = attributes(&inner[name_length..]);
        Some(Self { name, closing, attributes, length: html.len() - after.len() })
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The attributes up to `>`, and what stands behind it.
fn attributes(mut rest: &str) -> (Vec<(String, String)>, &str) {
    let mut found = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return (found, after);
        }
        if rest.is_empty() {
            return (found, rest);
        }
        let end = rest.find(|c: char| c.is_ascii_whitespace() || matches!(c, '=' | '>' | '/')).unwrap_or(rest.len());
        let step = end.max(rest.chars().next().map_or(1, char::len_utf8));
        let name = rest[..step].to_ascii_lowercase();
        rest = rest[step..].trim_start();
        let mut value = String::new();
        if let Some(after) = rest.strip_prefix('=') {
            let after = after.trim_start();
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let body = if quote.is_some() { &after[1..] } else { after };
            let ends = |c: char| quote.map_or(c.is_ascii_whitespace() || c == '>', |quote| c == quote);
            let end = body.find(ends).unwrap_or(body.len());
            value = unescape(&body[..end]);
            rest = body[end..].trim_start_matches(|c| Some(c) == quote);
        }
        found.push((name, value));
    }
}

/// Text with its character references resolved.
fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        let reference = rest.find(';').filter(|end| *end < 12).and_then(|end| Some((end, character(&rest[1..end])?)));
        let (length, c) = reference.map_or((1, '&'), |(end, c)| (end + 1, c));
        plain.push(c);
        rest = &rest[length..];
    }
    plain.push_str(rest);
    plain
}

fn character(reference: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    match reference {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some('\u{a0}'),
        _ => match reference.strip_prefix('#')?.strip_prefix(['x', 'X']) {
            Some(hex) => number(hex, 16),
            None => number(reference.strip_prefix('#')?, 10),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_fields_and_buttons() {
        let page = r#"<!-- <form> --><form METHOD=post action='/go?a=1&amp;b=2'>
            <input type=hidden name=token value="x&quot;&#39;&#x3c;"><input name="email" value=>
            <input type="checkbox" name="off"><select name=role><option value=a>A<option value=b selected>B</select>
            <textarea name=note> hi </textarea><button name=person value=ada>Ada <b>Byron</b></button></form>"#;
        let markup = Markup::read(page);
        let form = &markup.forms[0];
        assert_eq!((form.action.as_str(), form.post), ("/go?a=1&b=2", true));
        let fields: Vec<_> = form.fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(fields, [("token", "x\"'<"), ("email", ""), ("role", "b"), ("note", " hi ")]);
        assert_eq!((form.buttons[0].value.as_str(), form.buttons[0].text.as_str()), ("ada", "Ada Byron"));
    }

    #[test]
    fn scripts_are_not_text_and_only_a_submitting_one_submits() {
        let page = "<p>One</p><p>two &amp; three</p><script>if (a<b) x()</script><a href=/q?x=1>go</a>";
        let markup = Markup::read(page);
        assert_eq!(markup.text, "One two & three go");
        assert_eq!(markup.links, [Link { href: "/q?x=1".to_owned(), text: "go".to_owned() }]);
        assert!(!markup.submits);
        assert!(Markup::read("<script nonce=x>document.forms[0].submit()</script>").submits);
        assert!(Markup::read("<body onload=\"document.forms[0].submit()\">").submits);
    }

    #[test]
    fn broken_html_ends() {
        for page in ["<", "<a", "<a href=", "<a href=\"x", "<form><input name=é", "a < b", "<é>", "&;&#;&#x110000;"] {
            Markup::read(page);
        }
        assert_eq!(Markup::read("a < b &bogus; c").text, "a < b &bogus; c");
    }
}
