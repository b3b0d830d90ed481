//! What a run took of its machine, in words and on axes.

use super::numbers::{bytes, number};
use crate::run::view::{Quantity, Unit};

/// A value in a cell of a table: `1.2 GB`, `37 %`, `61 °C`, `213 W`, `1.97`.
pub fn words(quantity: Quantity, value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    match (quantity.unit(), quantity) {
        (Unit::Share, _) => format!("{} %", number(value * 100.0, 0)),
        (Unit::Bytes, _) => bytes(value.max(0.0) as u64),
        (Unit::Celsius, _) => format!("{} °C", number(value, 0)),
        (Unit::Watt, _) => format!("{} W", number(value, 0)),
        (Unit::Number, Quantity::Threads) => number(value, 0),
        (Unit::Number, _) => number(value, 2),
    }
}

/// How values that reach `most` are drawn: the factor to multiply them with, and the axis' label.
pub fn axis(quantity: Quantity, most: f64) -> (f64, String) {
    let name = quantity.name();
    match quantity.unit() {
        Unit::Share => (100.0, format!("{name} (%)")),
        Unit::Bytes if most >= 1e9 => (1e-9, format!("{name} (GB)")),
        Unit::Bytes => (1e-6, format!("{name} (MB)")),
        Unit::Celsius => (1.0, format!("{name} (°C)")),
        Unit::Watt => (1.0, format!("{name} (W)")),
        Unit::Number => (1.0, name.to_owned()),
    }
}

/// The greatest value of the axis: a share is read against all there is, as is the GPU's memory where it is known.
pub fn top(quantity: Quantity, most: f64, gpu_memory: Option<u64>) -> f64 {
    match (quantity, gpu_memory) {
        (Quantity::Gpu, _) => 1.0,
        (Quantity::GpuMemory, Some(all)) => (all as f64).max(most),
        _ => most * 1.05,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_their_units() {
        assert_eq!(words(Quantity::Gpu, 0.374), "37 %");
        assert_eq!(words(Quantity::Memory, 1.24e9), "1.2 GB");
        assert_eq!(words(Quantity::GpuTemperature, 61.0), "61 °C");
        assert_eq!(words(Quantity::GpuPower, 213.4), "213 W");
        assert_eq!(words(Quantity::Cores, 1.974), "1.97");
        assert_eq!(words(Quantity::Threads, 12.0), "12");
        assert_eq!(words(Quantity::Disk, f64::NAN), "–");
        assert_eq!(axis(Quantity::Memory, 5e8), (1e-6, "memory (MB)".to_owned()));
        assert_eq!(top(Quantity::GpuMemory, 5e9, Some(80_000_000_000)), 8e10);
    }
}
