//! Locks that are held, left behind, taken away, and missing.

use super::*;
use crate::run::recorder::tests::run_dir;

fn acquire(dir: &RunDir) -> Result<RunLock, LockError> {
    RunLock::acquire(dir, &mut |message| panic!("nothing is to be waited for: {message}"))
}

/// As on a file system without locks.
const LOCKLESS: Ways =
    Ways { take: |_| Ok(Taken::Unavailable("No locks available".into())), quiet: Duration::from_millis(300) };

fn words_of(dir: &RunDir, words: &Holder) {
    std::fs::write(dir.lock_path(), in_bytes(words).unwrap()).unwrap();
}

/// A holder of this kernel whose process is gone.
fn dead() -> Holder {
    let us = Holder::this_process(Reach::Everyone);
    let space = us.process.split('/').next().unwrap_or_default();
    Holder { process: format!("{space}/1"), token: "dead".into(), ..us.clone() }
}

/// A holder of another kernel, whose lock may not be seen from here.
fn elsewhere() -> Holder {
    Holder { machine: "node7".into(), boot: "b7".into(), token: "there".into(), locks: Reach::Machine, ..dead() }
}

#[test]
fn one_holder_at_a_time() {
    let (_root, dir) = run_dir();
    assert!(!is_alive(&dir));
    let mut lock = acquire(&dir).unwrap();
    assert!(lock.remark().is_none());
    lock.describe(Some("/tmp/x.sock".into())).unwrap();
    assert!(is_alive(&dir));
    let held = holder(&dir).unwrap();
    assert_eq!((held.pid, held.socket), (std::process::id(), Some("/tmp/x.sock".into())));
    let text = acquire(&dir).unwrap_err().to_string();
    assert!(text.contains(&std::process::id().to_string()) && text.contains("mug attach"), "{text}");
    lock.describe(None).unwrap();
    assert_eq!(holder(&dir).unwrap().socket, None);
    drop(lock);
    assert!(!is_alive(&dir) && holder(&dir).is_none());
    acquire(&dir).unwrap();
}

#[test]
fn looking_does_not_stop_a_host_from_starting_nor_do_readers_locks() {
    let (_root, dir) = run_dir();
    acquire(&dir).unwrap();
    let readers = [dir.lock_path(), dir.events_path()].map(|path| File::open(path).unwrap());
    readers.iter().for_each(|reader| reader.lock_shared().unwrap());
    assert!(!is_alive(&dir), "a reader is no host");
    let lock = acquire(&dir).unwrap();
    assert!(lock.remark().is_none() && is_alive(&dir));
}

#[test]
fn a_process_that_was_killed_is_dead_under_whatever_name_its_machine_went() {
    let (_root, dir) = run_dir();
    let old: Holder =
        serde_json::from_str(&format!(r#"{{"pid":1,"machine":"{}","since":"","socket":null}}"#, dead().machine))
            .unwrap();
    let another_boot = Holder { boot: "b7".into(), ..dead() };
    let contained = Holder { machine: "job-2.node".into(), process: "pid:[1]/1".into(), ..dead() };
    for words in [dead(), old, Holder { machine: "job-1.node".into(), ..dead() }, another_boot, contained] {
        // With a sign of life of this moment.
        words_of(&dir, &words);
        assert!(!is_alive(&dir) && judge(&dir) == Verdict::Dead, "{words:?}");
        acquire(&dir).unwrap();
    }
    std::fs::write(dir.lock_path(), b"\xff garbage").unwrap();
    assert!(!is_alive(&dir));
    acquire(&dir).unwrap();
}

#[test]
fn where_only_signs_of_life_tell_they_are_waited_for() {
    let (_root, dir) = run_dir();
    let words = elsewhere();
    let ways = Ways { quiet: Duration::from_millis(400), ..WAYS };
    let at = |ago: u64| {
        let file = File::options().write(true).open(dir.lock_path()).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(ago)).unwrap();
    };
    words_of(&dir, &words);
    assert_eq!((judge(&dir), is_alive(&dir)), (Verdict::Unsure(words.clone()), true));
    at(600);
    assert!(!is_alive(&dir), "no sign of life for ten minutes");
    let mut told = Vec::new();
    // Its clock is behind: only the change counts.
    let held = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            at(590);
        });
        RunLock::acquire_by(&ways, &dir, &mut |m| told.push(m.to_owned())).unwrap_err().to_string()
    });
    assert!(held.contains("by process") && held.contains("node7") && held.contains("--follow"), "{held}");
    assert!(told[0].contains("node7") && told[0].contains("waiting 0 s for a sign of life"), "{told:?}");
    RunLock::acquire_by(&ways, &dir, &mut |m| told.push(m.to_owned())).unwrap();
    assert_eq!(told.len(), 2);
    words_of(&dir, &words);
    at(7200);
    acquire(&dir).expect("two hours of silence need no more");
}

#[test]
fn without_locks_the_owners_file_keeps_others_out() {
    let (_root, dir) = run_dir();
    let acquire = || RunLock::acquire_by(&LOCKLESS, &dir, &mut |m| panic!("{m}"));
    let mut lock = acquire().unwrap();
    let remark = lock.remark().unwrap();
    assert!(remark.contains("No locks available") && remark.contains("host.owner"), "{remark}");
    assert!(matches!(acquire(), Err(LockError::Held { .. })), "not described yet");
    assert_eq!(judge(&dir), Verdict::Alive);
    lock.describe(None).unwrap();
    assert!(matches!(acquire(), Err(LockError::Held { .. })));
    assert!(is_alive(&dir));
    // From a machine that has locks, or after they were switched on.
    assert!(matches!(super::RunLock::acquire(&dir, &mut |_| {}), Err(LockError::Held { .. })));
    assert_eq!(lock.check(&dir), Kept::Whole);
    std::fs::remove_file(owner::path(&dir)).unwrap();
    assert!(matches!(lock.check(&dir), Kept::Restored(_)));
    assert_eq!(lock.check(&dir), Kept::Whole);
    drop(lock);
    assert!(!is_alive(&dir) && !owner::path(&dir).exists());
    acquire().unwrap();
}

#[test]
fn without_locks_a_dead_owner_makes_room_for_one() {
    let (_root, dir) = run_dir();
    let left = Holder { locks: Reach::Nobody, ..dead() };
    for torn in [false, true] {
        words_of(&dir, &left);
        let bytes = in_bytes(&left).unwrap();
        std::fs::write(owner::path(&dir), if torn { &bytes[..20] } else { &bytes }).unwrap();
        assert!(!is_alive(&dir));
        let taken: Vec<_> = std::thread::scope(|scope| {
            let all: Vec<_> =
                (0..8).map(|_| scope.spawn(|| RunLock::acquire_by(&LOCKLESS, &dir, &mut |m| panic!("{m}")))).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(taken.iter().filter(|one| one.is_ok()).count(), 1, "{taken:?}");
    }
    // Its machine cannot be looked into: only its silence tells.
    let there = Holder { locks: Reach::Nobody, ..elsewhere() };
    words_of(&dir, &there);
    std::fs::write(owner::path(&dir), in_bytes(&there).unwrap()).unwrap();
    let mut told = 0;
    RunLock::acquire_by(&LOCKLESS, &dir, &mut |_| told += 1).unwrap();
    assert!(told > 0);
    // And so where there are locks again.
    std::fs::write(owner::path(&dir), in_bytes(&left).unwrap()).unwrap();
    acquire(&dir).unwrap();
    assert!(!owner::path(&dir).exists());
}

#[test]
fn a_deleted_lock_lets_nobody_in_and_comes_back() {
    let (_root, dir) = run_dir();
    let mut lock = acquire(&dir).unwrap();
    lock.describe(None).unwrap();
    let words = holder(&dir).unwrap();
    std::fs::remove_file(dir.lock_path()).unwrap();
    assert!(is_alive(&dir));
    assert!(matches!(acquire(&dir), Err(LockError::Held { .. })));
    assert!(matches!(lock.check(&dir), Kept::Restored(_)));
    assert_eq!((holder(&dir).as_ref(), lock.check(&dir)), (Some(&words), Kept::Whole));
    std::fs::write(dir.lock_path(), "").unwrap();
    assert!(matches!(lock.check(&dir), Kept::Restored(_)));
    words_of(&dir, &dead());
    assert!(matches!(lock.check(&dir), Kept::Restored(_)), "a copy from a backup");
    assert_eq!((holder(&dir).as_ref(), lock.check(&dir)), (Some(&words), Kept::Whole));
    drop(lock);
    acquire(&dir).unwrap();
}

#[test]
fn a_lock_that_another_has_is_lost_and_its_words_stay() {
    let (_root, dir) = run_dir();
    let mut lock = acquire(&dir).unwrap();
    lock.describe(None).unwrap();
    words_of(&dir, &elsewhere());
    let Kept::Lost(by) = lock.check(&dir) else { panic!() };
    assert!(by.contains("node7"), "{by}");
    drop(lock);
    assert_eq!(holder(&dir), Some(elsewhere()));
    // Both files away, and another process in their place.
    let (_root, dir) = run_dir();
    let mut lock = acquire(&dir).unwrap();
    lock.describe(None).unwrap();
    for path in [dir.lock_path(), dir.events_path()] {
        std::fs::remove_file(path).unwrap();
    }
    let mut other = acquire(&dir).unwrap();
    assert!(matches!(lock.check(&dir), Kept::Lost(_)));
    other.describe(None).unwrap();
    assert!(matches!(lock.check(&dir), Kept::Lost(_)));
    drop(lock);
    assert_eq!((is_alive(&dir), other.check(&dir)), (true, Kept::Whole));
}
