//! What is printed.

use crate::load::Figures;
use serde::Serialize;

/// A line of the report.
#[derive(Serialize)]
pub struct Line {
    name: String,
    ours: String,
    reference: Option<String>,
    ratio: Option<f64>,
    to_reach: Option<&'static str>,
}

impl Line {
    /// Of a run.
    pub fn new(name: &str, figures: &Figures) -> Self {
        let ours = format!("{:.0}/s, p50 {:.2} ms, p99 {:.2} ms", figures.rate, figures.p50, figures.p99);
        Self { name: name.to_owned(), ours, reference: None, ratio: Some(figures.rate), to_reach: None }
    }

    /// Of a single value.
    pub fn value(name: &str, ours: String) -> Self {
        Self { name: name.to_owned(), ours, reference: None, ratio: None, to_reach: None }
    }

    /// Beside a reference that did the same in the same run.
    pub fn against(mut self, what: &str, rate: f64) -> Self {
        self.reference = Some(format!("{what} {rate:.0}/s"));
        self.ratio = self.ratio.map(|ours| ours / rate);
        self
    }

    /// What the project has set itself.
    pub fn reach(mut self, text: &'static str) -> Self {
        self.to_reach = Some(text);
        self
    }

    /// For a reader.
    pub fn print(&self) {
        let ratio = match (&self.reference, self.ratio) {
            (Some(reference), Some(ratio)) => format!("  = {:.0} % of {reference}", ratio * 100.0),
            _ => String::new(),
        };
        let reach = self.to_reach.map(|text| format!("  (to reach: {text})")).unwrap_or_default();
        println!("  {:<48} {}{ratio}{reach}", self.name, self.ours);
    }
}
