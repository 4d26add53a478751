//! The command line of Souk.

mod cli;

/// Half the time of a list is spent on small allocations; this allocator does them faster than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    cli::main()
}
