//! Studies on a Slurm cluster: one array job, one task a cell. Slurm is the scheduler; nothing here queues, starts or watches.
//!
//! | what | file |
//! |---|---|
//! | a study's cells submitted, looked at, cancelled | [`mod@array`] |
//! | the batch script of an array | [`script`] |
//! | Slurm's own commands, called | [`commands`] |
//! | what they answer | [`answers`] |
//! | which job has which cells, in the study's folder | [`record`] |
//!
//! A task runs `mug study cell`, as a worker of the local engine does: it claims its cell by the run's lock, goes on from the
//! checkpoint where there is one, and its record says how far it is. What Slurm knows of a task besides (it waits, it was
//! cancelled, it ran out of memory) is asked of `squeue`, and of `sacct` where accounting is kept.
//!
//! To call another command of Slurm: a function of [`commands::Slurm`], and a parser with tests in [`answers`].

pub mod answers;
pub mod array;
pub mod commands;
pub mod record;
pub mod script;

#[cfg(test)]
mod tests;
