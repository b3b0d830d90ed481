//! Memory of large arrays that is kept from step to step: fresh pages and their zeros cost more than many a kernel.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// Arrays that are not in use; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Memory(Arc<Mutex<Vec<Vec<f32>>>>);

/// Numbers in kept memory, which goes back when this is dropped.
#[derive(Debug)]
pub struct Buffer {
    data: Vec<f32>,
    len: usize,
    memory: Memory,
}

impl Memory {
    /// Room for so many numbers, which hold anything.
    pub fn take(&self, len: usize) -> Buffer {
        let mut spare = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let best = |fits: &dyn Fn(usize) -> bool| {
            let fitting = spare.iter().enumerate().filter(|(_, data)| fits(data.len()));
            fitting.min_by_key(|(_, data)| data.len().abs_diff(len)).map(|(at, _)| at)
        };
        let enough = best(&|size| size >= len && size / 2 <= len);
        // Batches differ in size. What has become too small is given up for what is large enough.
        let small = if enough.is_some() { None } else { best(&|size| size < len && size > len / 2) };
        let found = enough.or(small).map(|at| spare.swap_remove(at));
        drop(spare);
        let data = match found {
            Some(data) if enough.is_some() => data,
            small => {
                drop(small);
                vec![0.0; len]
            }
        };
        Buffer { data, len, memory: self.clone() }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.data[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.data);
        self.memory.0.lock().unwrap_or_else(PoisonError::into_inner).push(data);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_used_again_and_grows_in_place() {
        let memory = Memory::default();
        let held = || memory.0.lock().unwrap().iter().map(Vec::len).collect::<Vec<_>>();
        drop((memory.take(100), memory.take(10)));
        let first = memory.take(90);
        assert_eq!((first.len(), held()), (90, vec![10]));
        drop(first);
        // Larger than what is there: the nearest is replaced, so that the number of arrays stays.
        drop(memory.take(120));
        assert_eq!(held().len(), 2);
        assert!(held().contains(&120) && held().contains(&10));
    }
}
