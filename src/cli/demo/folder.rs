//! A folder that goes away with the demo.

use crate::base::sources::Sources;
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// A folder of this run's own, for its owner's eyes. Dropping it takes it away.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn make(sources: &Sources) -> std::io::Result<Self> {
        let name = format!("doorward-demo-{:016x}", u64::from_be_bytes(sources.bytes()));
        let path = std::env::temp_dir().join(name);
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the demo's folder stays");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_behind() {
        let folder = Folder::make(&Sources::system()).unwrap();
        let path = folder.path().to_owned();
        fs::write(path.join("database"), "x").unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
