//! The order of operations: what is referred to comes first, and a cycle is one step.

use std::collections::HashMap;

use crate::protocol::scim::bulk::BulkFault;
use crate::protocol::scim::bulk::BulkOperation;
use crate::protocol::scim::bulk::Method;
use crate::protocol::scim::bulk::references;

/// One transaction of a bulk request; numbers are places in the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// One operation.
    One(usize),
    /// Operations that refer to each other, in the order sent.
    Cycle(Vec<usize>),
}

/// The steps of a request: in the order sent, except that what a reference needs is done before. Faulty operations
/// are steps too, so that failures are counted in order.
#[must_use]
pub fn steps(operations: &[Result<BulkOperation, BulkFault>]) -> Vec<Step> {
    let makers: HashMap<&str, usize> = operations
        .iter()
        .enumerate()
        .filter_map(|(at, operation)| match operation {
            Ok(operation) if operation.method == Method::Post => Some((operation.bulk_id.as_deref()?, at)),
            _ => None,
        })
        .collect();
    let edges: Vec<Vec<usize>> = operations.iter().map(|operation| needs(operation, &makers)).collect();
    Tarjan::over(&edges)
}

fn needs(operation: &Result<BulkOperation, BulkFault>, makers: &HashMap<&str, usize>) -> Vec<usize> {
    let Ok(operation) = operation else { return Vec::new() };
    let mut found = Vec::new();
    references::visit(&mut operation.clone(), &mut |name| {
        found.extend(makers.get(name).copied());
        None
    });
    found
}

/// Strongly connected components, without recursion: a request may chain a thousand references.
struct Tarjan<'a> {
    edges: &'a [Vec<usize>],
    number: Vec<Option<usize>>,
    low: Vec<usize>,
    on_stack: Vec<bool>,
    stack: Vec<usize>,
    next: usize,
    steps: Vec<Step>,
}

impl<'a> Tarjan<'a> {
    fn over(edges: &'a [Vec<usize>]) -> Vec<Step> {
        let size = edges.len();
        let mut walk = Self {
            edges,
            number: vec![None; size],
            low: vec![0; size],
            on_stack: vec![false; size],
            stack: Vec::new(),
            next: 0,
            steps: Vec::new(),
        };
        for start in 0..size {
            if walk.number[start].is_none() {
                walk.from(start);
            }
        }
        walk.steps
    }

    fn from(&mut self, start: usize) {
        let mut path = vec![(start, 0_usize)];
        self.enter(start);
        while let Some((node, edge)) = path.last_mut() {
            let node = *node;
            let Some(next) = self.edges[node].get(*edge).copied() else {
                path.pop();
                if let Some((parent, _)) = path.last() {
                    self.low[*parent] = self.low[*parent].min(self.low[node]);
                }
                self.leave(node);
                continue;
            };
            *edge += 1;
            match self.number[next] {
                None => {
                    self.enter(next);
                    path.push((next, 0));
                }
                Some(number) if self.on_stack[next] => self.low[node] = self.low[node].min(number),
                Some(_) => {}
            }
        }
    }

    fn enter(&mut self, node: usize) {
        self.number[node] = Some(self.next);
        self.low[node] = self.next;
        self.next += 1;
        self.stack.push(node);
        self.on_stack[node] = true;
    }

    fn leave(&mut self, node: usize) {
        if Some(self.low[node]) != self.number[node] {
            return;
        }
        let mut members = Vec::new();
        while let Some(top) = self.stack.pop() {
            self.on_stack[top] = false;
            members.push(top);
            if top == node {
                break;
            }
        }
        members.sort_unstable();
        self.steps.push(match members[..] {
            [one] => Step::One(one),
            _ => Step::Cycle(members),
        });
    }
}
