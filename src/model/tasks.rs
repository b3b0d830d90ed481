//! Tasks on the calling thread and those of the pool.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// What `run` makes of each task, in their order. Threads take the largest task that is left: taken in halves, as parallel
/// iterators are, a thread can sit idle while another one has two large ones to go. The caller begins at once and the pool's
/// threads, one fewer than it has, when they are awake: where a parallel iterator is asked for from outside the pool, the
/// caller sleeps and all of them have to wake first, which short steps have no time for. One task alone is the caller's.
pub fn largest_first<T: Send, R: Send>(
    tasks: Vec<T>,
    size: impl Fn(&T) -> usize,
    run: impl Fn(T) -> R + Sync,
) -> Vec<R> {
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(size(&tasks[at])));
    let threads = rayon::current_num_threads().min(tasks.len());
    let places: Vec<Mutex<Place<T, R>>> = tasks.into_iter().map(|task| Mutex::new(Place::Task(task))).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(&at) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            let place = &mut *places[at].lock().unwrap_or_else(PoisonError::into_inner);
            if let Place::Task(task) = std::mem::replace(place, Place::Taken) {
                *place = Place::Done(run(task));
            }
        }
    };
    if threads > 1 {
        rayon::in_place_scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|_| work());
            }
            work();
        });
    } else {
        work();
    }
    let done = |place: Mutex<Place<T, R>>| match place.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Place::Done(result) => Some(result),
        // Not without a panic of `run`, which would have come out of the loop above.
        Place::Task(_) | Place::Taken => None,
    };
    places.into_iter().filter_map(done).collect()
}

enum Place<T, R> {
    Task(T),
    Taken,
    Done(R),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_run_once_and_results_are_in_order() {
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            for count in [0, 1, 2, 17] {
                let begun = Mutex::new(Vec::new());
                let run = |task: usize| {
                    begun.lock().unwrap().push(task);
                    10 * task
                };
                let tasks: Vec<usize> = (0..count).collect();
                let found = pool.install(|| largest_first(tasks.clone(), |task| task % 5, run));
                assert_eq!(found, tasks.iter().map(|t| 10 * t).collect::<Vec<_>>());
                let begun = begun.into_inner().unwrap();
                assert_eq!(begun.len(), count);
                if threads == 1 {
                    assert!(begun.is_sorted_by_key(|task| std::cmp::Reverse(task % 5)), "{begun:?}");
                }
            }
        }
    }
}
