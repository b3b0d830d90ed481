//! The `mug` program: reads the command line and hands over.

/// A training step takes and gives back some ten buffers of megabytes. The system's allocator returns them to the kernel
/// and has them zeroed page by page each time; this one keeps them for the next step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    mug::cli::main()
}
