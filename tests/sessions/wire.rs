//! Nonsense on the socket of a live run.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mug::host::wire::{self, Down, Up};
use mug::run::lock;
use mug::training::events::Command;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::home::{Home, until};

fn hello() -> Vec<u8> {
    wire::encode(&Down::Hello { version: "0".into(), read_only: false }).unwrap()
}

fn command(command: Command) -> Vec<u8> {
    wire::encode(&Down::Command { number: 7, command }).unwrap()
}

/// What somebody might send who means no good, or nothing at all.
fn nonsense(random: &mut ChaCha8Rng) -> Vec<u8> {
    let mut bytes = if random.random_bool(0.5) { hello() } else { Vec::new() };
    // Should one of these arrive whole, it does no harm.
    let message = command(Command::Checkpoint);
    match random.random_range(0..6) {
        0 => {
            let mut garbage = vec![0; random.random_range(0..5000)];
            random.fill_bytes(&mut garbage);
            bytes.extend(garbage);
        }
        1 => bytes.extend(&message[..random.random_range(0..message.len())]),
        2 => {
            let mut changed = message;
            let at = random.random_range(0..changed.len());
            changed[at] ^= 1 << random.random_range(0..8);
            bytes.extend(changed);
        }
        3 => {
            bytes.extend(b"mg\0\x01");
            bytes.extend(random.random_range(65_537..=u32::MAX).to_be_bytes());
            bytes.extend(vec![b'{'; 70_000]);
        }
        4 => {
            bytes.extend(b"mg\0\x01");
            let body = "[".repeat(random.random_range(1..65_536));
            bytes.extend((body.len() as u32).to_be_bytes());
            bytes.extend(body.into_bytes());
        }
        _ => {
            bytes.extend(hello());
            bytes[3] = 9;
        }
    }
    bytes
}

/// The messages that come until the host hangs up or nothing comes for a while.
fn answers(stream: &mut UnixStream) -> Vec<Up> {
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut messages = Vec::new();
    let mut head = [0; wire::HEAD];
    while stream.read_exact(&mut head).is_ok() {
        let mut body = vec![0; wire::body_length(head).unwrap()];
        stream.read_exact(&mut body).unwrap();
        messages.push(wire::decode(&body).unwrap());
    }
    messages
}

fn connect(socket: &Path) -> UnixStream {
    let stream = UnixStream::connect(socket).unwrap();
    // The host hangs up on most of this before it has all been sent.
    stream.set_write_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
}

fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn descriptors(pid: u32) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

#[test]
fn nonsense_ends_its_connection_and_nothing_else() {
    let home = Home::new();
    let mut host = home.training();
    let mut socket: Option<PathBuf> = None;
    until(
        "a socket",
        || {
            socket = lock::holder(&home.run()).and_then(|h| h.socket);
            socket.is_some()
        },
        String::new,
    );
    let socket = socket.unwrap();
    let (memory_before, descriptors_before) = (memory(host.id()), descriptors(host.id()));
    let seed = 3;
    println!("seed {seed}");
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for round in 0..20 {
        // At most 64 viewers are let in at a time.
        let held: Vec<UnixStream> = (0..20)
            .map(|_| {
                let mut stream = connect(&socket);
                let _ = stream.write_all(&nonsense(&mut random));
                stream
            })
            .collect();
        if round % 2 == 0 {
            held.iter().for_each(|s| s.shutdown(std::net::Shutdown::Both).unwrap_or(()));
        }
    }
    // Not before all of this is digested: more viewers than are let in at a time are turned away.
    let rest = || descriptors(host.id()) <= descriptors_before + 4;
    until("descriptors closed", rest, || descriptors(host.id()).to_string());
    // Another version is answered with ours and hung up on. A viewer's place is free a moment after its descriptor is.
    let mut old = hello();
    old[3] = 0;
    let mut said = Vec::new();
    let mut let_in = || {
        let mut stream = connect(&socket);
        stream.write_all(&old).unwrap();
        said = answers(&mut stream);
        !matches!(&said[..], [Up::Ended { reason }] if reason.contains("as many as it serves"))
    };
    until("a place for one more viewer", &mut let_in, String::new);
    assert!(matches!(&said[..], [Up::Hello { run, .. }] if run == "x"), "{said:?}");
    // One that stops in the middle of a message is hung up on as well.
    let mut stream = connect(&socket);
    stream.write_all(&hello()[..11]).unwrap();
    assert!(matches!(&answers(&mut stream)[..], [Up::Hello { .. }]));
    // A byte at a time is slow and no fault.
    let mut stream = connect(&socket);
    for byte in hello().into_iter().chain(command(Command::Pause)) {
        stream.write_all(&[byte]).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    home.wait_for_state("paused");
    drop(stream);
    until(
        "descriptors closed",
        || descriptors(host.id()) <= descriptors_before + 4,
        || descriptors(host.id()).to_string(),
    );
    let grown = memory(host.id()).saturating_sub(memory_before);
    assert!(grown < 64 << 10, "the host grew by {grown} KiB");
    home.good("resume x");
    let step = home.view().stages[0].step;
    until("more steps", || home.view().stages[0].step > step + 10, String::new);
    home.good("stop x");
    host.wait().unwrap();
}
