//! The command line of Souk.

mod cli;

/// Answering a list spends much of its time on small allocations, which mimalloc does faster than the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
