//! The program itself, as an operator starts it, on a database of its own.

use super::database::TestDatabase;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Output, Stdio};

/// `doorward serve`, up and listening.
pub struct Program {
    child: Child,
    /// Where it answers.
    pub base: String,
}

impl Program {
    /// Starts it and waits until it says that it listens.
    pub fn serve(database: &TestDatabase) -> Self {
        let mut child = command(database).arg("serve").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, base }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        let told = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(told.success());
    }

    /// Waits until it has ended: whether all was well, and its log.
    pub fn ended(mut self) -> (bool, String) {
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().success(), log)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already: that is what a test is about.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program with this database and the passwords of the example file.
pub fn command(database: &TestDatabase) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command
        .env("DOORWARD_DATABASE__URL", &database.url)
        .env("DOORWARD_LISTEN", "127.0.0.1:0")
        .env("DOORWARD_MASTER_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
        .env("OLIVE_PASSWORD", "olive-secret")
        .env("LENA_PASSWORD", "lena-secret");
    command
}

/// What a command said that ended well: its standard output.
pub fn said(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Why a command failed: its standard error; nothing stands on standard output.
pub fn reason(output: &Output) -> String {
    assert!(!output.status.success() && output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}
