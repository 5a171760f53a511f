use super::*;
use roxmltree::Document;

/// The canonical form of the element with `id='apex'`, less the one with `id='out'`.
fn form(xml: &str, inclusive: &[&str]) -> Result<String, C14nFault> {
    let document = Document::parse(xml).unwrap();
    let find = |id| document.descendants().find(|node| node.attribute("id") == Some(id));
    let left_out = find("out").map(|node| node.id());
    let bytes = canonical(find("apex").unwrap_or(document.root_element()), left_out, inclusive)?;
    Ok(String::from_utf8(bytes).unwrap())
}

fn check(xml: &str, inclusive: &[&str], canonical: &str) {
    assert_eq!(form(xml, inclusive).as_deref(), Ok(canonical), "{xml}");
}

#[test]
fn tags_are_written_in_full_and_comments_dropped() {
    check("<a ><b/ ><!-- c -->d</a >".replace("/ >", "/>").as_str(), &[], "<a><b></b>d</a>");
    check("<?xml version='1.0'?>\n<a\n  b = 'c'\n/>\n", &[], "<a b=\"c\"></a>");
}

#[test]
fn attributes_are_sorted_by_namespace_and_name() {
    check(
        "<a xmlns:z='urn:1' xmlns:y='urn:2' y:b='1' z:b='2' z:a='3' b='4' B='5' a='6'/>",
        &[],
        "<a xmlns:y=\"urn:2\" xmlns:z=\"urn:1\" B=\"5\" a=\"6\" b=\"4\" z:a=\"3\" z:b=\"2\" y:b=\"1\"></a>",
    );
}

#[test]
fn characters_are_escaped_as_the_recommendation_says() {
    check("<a>&amp;&lt;&gt;\"'\t&#13;&#xe4;</a>", &[], "<a>&amp;&lt;&gt;\"'\t&#xD;\u{e4}</a>");
    check("<a b='&amp;&lt;&gt;&quot;&apos;&#9;&#10;&#13;'/>", &[], "<a b=\"&amp;&lt;>&quot;'&#x9;&#xA;&#xD;\"></a>");
    check("<a b='x\ty\nz'>1\r\n2\r3</a>", &[], "<a b=\"x y z\">1\n2\n3</a>");
    check("<a>x<![CDATA[<&>]]>y</a>", &[], "<a>x&lt;&amp;&gt;y</a>");
}

#[test]
fn only_namespaces_in_use_are_rendered_and_only_once() {
    check(
        "<p:a xmlns:p='urn:p' xmlns:q='urn:q' xmlns='urn:d'><p:b><q:c/><q:c q:d='e'/></p:b></p:a>",
        &[],
        "<p:a xmlns:p=\"urn:p\"><p:b><q:c xmlns:q=\"urn:q\"></q:c><q:c xmlns:q=\"urn:q\" q:d=\"e\"></q:c></p:b></p:a>",
    );
    check(
        "<p:a xmlns:p='urn:1'><p:b xmlns:p='urn:2'><p:c xmlns:p='urn:1'/></p:b><p:d/></p:a>",
        &[],
        "<p:a xmlns:p=\"urn:1\"><p:b xmlns:p=\"urn:2\"><p:c xmlns:p=\"urn:1\"></p:c></p:b><p:d></p:d></p:a>",
    );
}

#[test]
fn a_part_takes_along_the_namespaces_that_it_uses_from_outside() {
    check(
        "<o xmlns='urn:o' xmlns:p='urn:p' xmlns:x='urn:x'><p:a id='apex' x:k='v'><b/></p:a></o>",
        &[],
        "<p:a xmlns:p=\"urn:p\" xmlns:x=\"urn:x\" id=\"apex\" x:k=\"v\"><b xmlns=\"urn:o\"></b></p:a>",
    );
}

#[test]
fn the_default_namespace_is_taken_back_only_where_one_was_rendered() {
    check("<a xmlns=''><b xmlns=''/></a>", &[], "<a><b></b></a>");
    check(
        "<a xmlns='urn:d'><b xmlns=''><c xmlns=''/><d xmlns='urn:d'/></b></a>",
        &[],
        "<a xmlns=\"urn:d\"><b xmlns=\"\"><c></c><d xmlns=\"urn:d\"></d></b></a>",
    );
    check("<p:a xmlns:p='urn:p' xmlns='urn:d'><b xmlns=''/></p:a>", &[], "<p:a xmlns:p=\"urn:p\"><b></b></p:a>");
}

#[test]
fn listed_prefixes_are_rendered_where_they_come_into_scope() {
    let xml = "<o xmlns='urn:o' xmlns:p='urn:p' xmlns:q='urn:q'><p:a id='apex'><p:b xmlns:q='urn:q2'/></p:a></o>";
    check(
        xml,
        &["q", "nowhere"],
        "<p:a xmlns:p=\"urn:p\" xmlns:q=\"urn:q\" id=\"apex\"><p:b xmlns:q=\"urn:q2\"></p:b></p:a>",
    );
    check(xml, &["#default"], "<p:a xmlns=\"urn:o\" xmlns:p=\"urn:p\" id=\"apex\"><p:b></p:b></p:a>");
    check(
        "<p:a xmlns:p='urn:p' xmlns='urn:d'><p:b xmlns=''/></p:a>",
        &["#default"],
        "<p:a xmlns=\"urn:d\" xmlns:p=\"urn:p\"><p:b xmlns=\"\"></p:b></p:a>",
    );
}

#[test]
fn the_xml_prefix_needs_no_declaration() {
    check("<a xml:lang='en' b='c'/>", &["xml"], "<a b=\"c\" xml:lang=\"en\"></a>");
}

#[test]
fn one_element_can_be_left_out() {
    check("<a>x<b id='out'><c/></b>y<b/></a>", &[], "<a>xy<b></b></a>");
}

#[test]
fn instructions_and_relative_namespaces_have_no_form() {
    assert_eq!(form("<a><?p?></a>", &[]), Err(C14nFault::ProcessingInstruction));
    for uri in ["x", "./x", "//host/x", "1a:b", "?a:b"] {
        assert_eq!(form(&format!("<a xmlns='{uri}'/>"), &[]), Err(C14nFault::RelativeNamespace), "{uri}");
    }
    check("<a xmlns:unused='relative'/>", &[], "<a></a>");
}

#[test]
fn elements_nested_without_end_have_no_form() {
    let nested = format!("{}{}", "<a>".repeat(70), "</a>".repeat(70));
    assert_eq!(form(&nested, &[]), Err(C14nFault::Malformed));
}
