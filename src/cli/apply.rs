//! `doorward apply FILE`.

use super::opened;
use crate::service::console::apply;
use anyhow::Context as _;
use clap::Args;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct Apply {
    /// The file; its paths are relative to it.
    file: PathBuf,
    /// Answers as JSON, with secrets only where they were made now.
    #[arg(long)]
    json: bool,
    /// Shows what would change and keeps nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Apply {
    pub(super) async fn run(self, config: Option<&Path>) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(&self.file).with_context(|| self.file.display().to_string())?;
        let folder = self.file.parent().unwrap_or(Path::new(".")).to_owned();
        let gateway = opened::gateway(config).await?;
        let variables = |name: &str| std::env::var(name).ok();
        let (answer, warnings) = apply::apply(&gateway, &text, &folder, &variables, self.dry_run)
            .await
            .with_context(|| self.file.display().to_string())?;
        for warning in warnings {
            eprintln!("warning: {warning}");
        }
        let shown = serde_json::to_value(&answer)?;
        if self.json {
            println!("{}", serde_json::to_string_pretty(&shown)?);
            return Ok(());
        }
        for change in &answer.changed {
            println!("{change}");
        }
        if answer.changed.is_empty() {
            println!("nothing to change");
        }
        if !self.dry_run {
            show_made(&shown);
        }
        Ok(())
    }
}

/// Everything that somebody has to be told, a line each; secrets where they were made now.
fn show_made(shown: &serde_json::Value) {
    let items = |list: &serde_json::Value| list.as_array().cloned().unwrap_or_default();
    for organization in items(&shown["organizations"]) {
        println!("\norganization {}", text(&organization["slug"]));
        for part in ["directories", "connections"] {
            for item in items(&organization[part]) {
                show_fields(part, &item);
            }
        }
    }
    for app in items(&shown["apps"]) {
        println!();
        show_fields("app", &app);
    }
}

fn show_fields(what: &str, item: &serde_json::Value) {
    println!("  {what} {}", text(&item["key"]));
    for (name, value) in item.as_object().into_iter().flatten().filter(|(name, _)| *name != "key") {
        println!("    {name}: {}", text(value));
    }
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
