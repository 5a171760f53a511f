//! What a signature covers. Only [`prove`] makes a [`Signed`], so that what reads one cannot read anything else.

use super::document::Shape;
use super::fault::SamlFault;
use super::key::SigningKey;
use super::namespace::ASSERTION;
use super::signature;
use super::values::ValueFault;
use roxmltree::Node;

const MAX_KEYS: usize = 8;

/// An element whose whole content a pinned key has signed.
#[derive(Clone, Copy)]
pub(super) struct Signed<'d>(Node<'d, 'd>);

/// What was proved of a response.
pub(super) struct Proof<'d> {
    /// The signed assertion.
    pub(super) assertion: Signed<'d>,
    /// Whether the response round it is signed too.
    pub(super) response_is_signed: bool,
}

/// Checks every signature that is there: each must hold, and at least one must cover the assertion.
pub(super) fn prove<'d>(shape: Shape<'d>, keys: &[SigningKey]) -> Result<Proof<'d>, SamlFault> {
    if keys.is_empty() {
        return Err(SamlFault::NoKeys);
    }
    if keys.len() > MAX_KEYS {
        return Err(SamlFault::TooManyKeys);
    }
    if shape.response_signature.is_none() && shape.assertion_signature.is_none() {
        return Err(SamlFault::Unsigned);
    }
    if let Some(found) = shape.response_signature {
        signature::check(found, shape.response, keys)?;
    }
    if let Some(found) = shape.assertion_signature {
        signature::check(found, shape.assertion, keys)?;
    }
    Ok(Proof { assertion: Signed(shape.assertion), response_is_signed: shape.response_signature.is_some() })
}

impl<'d> Signed<'d> {
    /// Its child elements.
    pub(super) fn elements(self) -> impl Iterator<Item = Signed<'d>> {
        self.0.children().filter(Node::is_element).map(Signed)
    }

    /// Its children in the assertion namespace with this name.
    pub(super) fn each(self, name: &'static str) -> impl Iterator<Item = Signed<'d>> {
        self.elements().filter(move |child| child.is(name))
    }

    /// Its one child with this name, or none; two are a fault.
    pub(super) fn only(self, name: &'static str) -> Result<Option<Signed<'d>>, SamlFault> {
        let mut all = self.each(name);
        match (all.next(), all.next()) {
            (found, None) => Ok(found),
            _ => Err(SamlFault::Repeated { element: name }),
        }
    }

    /// Whether it has this name in the assertion namespace.
    pub(super) fn is(self, name: &str) -> bool {
        self.0.has_tag_name((ASSERTION, name))
    }

    /// An attribute in no namespace.
    pub(super) fn attribute(self, name: &str) -> Option<&'d str> {
        self.0.attribute(name)
    }

    /// An attribute of another namespace.
    pub(super) fn foreign_attribute(self, namespace: &str, name: &str) -> Option<&'d str> {
        self.0.attribute((namespace, name))
    }

    /// Its value by one of the readers of `values`; a fault names `element`.
    pub(super) fn value(
        self,
        element: &'static str,
        read: impl Fn(Node<'d, 'd>) -> Result<&'d str, ValueFault>,
    ) -> Result<&'d str, SamlFault> {
        read(self.0).map_err(|source| SamlFault::Value { element, source })
    }
}
