//! What a run came to: a table for people, JSON for programs.

use crate::drive::Figures;
use serde_json::{Value, json};

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    workload: String,
    ours: f64,
    unit: &'static str,
    reference: Option<(&'static str, f64)>,
    times: Option<(f64, f64)>,
    target: &'static str,
    note: String,
}

impl Line {
    /// A rate, with the times behind it.
    pub(crate) fn rate(workload: impl Into<String>, figures: &Figures) -> Self {
        let times = Some((figures.millis(0.5), figures.millis(0.99)));
        Self { times, ..Self::value(workload, figures.rate(), "/s") }
    }

    /// A plain value.
    pub(crate) fn value(workload: impl Into<String>, ours: f64, unit: &'static str) -> Self {
        let (note, target) = (String::new(), "");
        Self { workload: workload.into(), ours, unit, reference: None, times: None, target, note }
    }

    /// Beside a reference of the same unit, in the same run.
    pub(crate) fn beside(mut self, what: &'static str, value: f64) -> Self {
        self.reference = Some((what, value));
        self
    }

    /// What the project has set itself to reach.
    pub(crate) fn target(mut self, text: &'static str) -> Self {
        self.target = text;
        self
    }

    /// What a reader should know.
    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.note = text.into();
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.reference.map(|(_, value)| self.ours / value)
    }

    /// Ours over the reference: a share for rates, a factor for the rest.
    fn ratio_text(&self) -> String {
        match self.ratio() {
            Some(ratio) if self.unit == "/s" => format!("{:.0} %", ratio * 100.0),
            Some(ratio) => format!("{ratio:.2} x"),
            None => String::new(),
        }
    }

    /// As a line of the table.
    pub(crate) fn print(&self) {
        let ours = amount(self.ours, self.unit);
        let reference =
            self.reference.map_or(String::new(), |(what, value)| format!("{what} {}", amount(value, self.unit)));
        let times = self.times.map_or(String::new(), |(p50, p99)| format!("{p50:.2} / {p99:.2}"));
        let Self { workload, target, note, .. } = self;
        println!(
            "{workload:<46} {ours:>12}  {reference:<28} {:>8}  {times:>16}  {target}{}{note}",
            self.ratio_text(),
            if note.is_empty() { "" } else { "  · " }
        );
    }

    /// For programs.
    pub(crate) fn json(&self, engine: &str) -> Value {
        json!({
            "engine": engine, "workload": self.workload, "value": self.ours, "unit": self.unit,
            "reference": self.reference.map(|(what, value)| json!({"what": what, "value": value})),
            "ratio": self.ratio(),
            "p50_ms": self.times.map(|(p50, _)| p50), "p99_ms": self.times.map(|(_, p99)| p99),
            "target": self.target, "note": self.note,
        })
    }
}

fn amount(value: f64, unit: &str) -> String {
    let digits = if value >= 100.0 {
        0
    } else if value >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.digits$}{}{unit}", if unit.starts_with('/') { "" } else { " " })
}

/// The head of the table.
pub(crate) fn head(engine: &str) {
    println!("\n{:<46} {:>12}  {:<28} {:>8}  {:>16}  to reach", engine, "ours", "reference", "ratio", "p50 / p99 ms");
}
