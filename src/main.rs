//! The `mug` program: reads the command line and hands over.

fn main() -> std::process::ExitCode {
    mug::cli::main()
}
