//! The `doorward` program.

use std::process::ExitCode;

/// A request makes and drops some hundreds of small values on several threads, which this allocator is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    doorward::cli::main()
}
