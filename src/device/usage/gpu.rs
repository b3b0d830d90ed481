//! The GPU that a process computes on, among those that the machine's drivers tell of.

use super::amd::Card;
use super::nvidia::Board;
use super::taken::GpuUsage;

/// A GPU that can be measured.
pub enum Gpu {
    Nvidia(Box<Board>),
    Amd(Card),
}

impl Gpu {
    /// The GPU of a device's name, as [`ComputeDevice`](crate::device::ComputeDevice) has it.
    ///
    /// # Errors
    /// Why it cannot be measured.
    pub fn find(device: &str) -> Result<Gpu, String> {
        if let Some(card) = Card::find().filter(|_| Card::makes(device)) {
            return Ok(Gpu::Amd(card));
        }
        Board::find(device).map(|board| Gpu::Nvidia(Box::new(board)))
    }

    /// What it does now.
    pub fn read(&self) -> GpuUsage {
        match self {
            Gpu::Nvidia(board) => board.read(),
            Gpu::Amd(card) => card.read(),
        }
    }
}
