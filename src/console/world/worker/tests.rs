//! Panics beside the screen.

use std::io::{Read, Write};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use crate::console::event_loop::{Ended, EventLoop};
use crate::console::fixture;
use crate::console::state::State;
use crate::console::state::effect::{Backend, Effect};
use crate::console::terminal::notification::Notifier;
use crate::console::terminal::tty::{Guard, Tty};
use crate::console::world::latest::Latest;
use crate::console::world::mailbox;
use crate::console::world::mailbox::Inbox;
use crate::console::world::worker::*;
use crate::notify::Terminal;

/// The words of the next notice.
fn notice(inbox: &Inbox) -> String {
    for _ in 0..6000 {
        if let Some(Message::Notice { text, .. }) = inbox.next() {
            return text;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("no notice came");
}

#[test]
fn a_thread_that_panics_says_so() {
    let (mailbox, inbox) = mailbox::channel().unwrap();
    spawn(&mailbox, "reader", || panic!("row {} is missing", 7));
    let text = notice(&inbox);
    assert!(text.contains("(reader): row 7 is missing") && text.contains("defect"), "{text}");
    assert_eq!(guarded(|| 5), Ok(5));
}

#[test]
fn what_is_asked_after_a_panic_is_answered() {
    let (mailbox, inbox) = mailbox::channel().unwrap();
    let (done, answers): (_, Receiver<u32>) = channel();
    let latest = Latest::new(&mailbox, "order", move |job: u32| {
        assert!(job != 1, "one is too few");
        done.send(job).is_ok()
    });
    latest.ask(1);
    assert!(notice(&inbox).contains("(order): one is too few"));
    latest.ask(2);
    assert_eq!(answers.recv_timeout(Duration::from_secs(60)), Ok(2));
}

/// Looks for runs by a thread that panics.
struct Clumsy(Mailbox);

impl Backend for Clumsy {
    fn perform(&mut self, effect: Effect) {
        if effect == Effect::ListRuns {
            spawn(&self.0, "runs", || panic!("no such luck"));
        }
    }
}

/// The console of the test below, in a process and on a terminal of its own.
#[test]
#[ignore = "run by another test, on a terminal"]
fn clumsy_console() {
    let tty = Tty::open().unwrap();
    let _guard = Guard::new();
    let (mailbox, inbox) = mailbox::channel().unwrap();
    let mut state: State = fixture::fresh(80, 24);
    let mut backend = Clumsy(mailbox);
    let ended = EventLoop::new(tty, inbox, &mut backend, 5, false, Notifier::new(Terminal::Off, |_| None))
        .unwrap()
        .run(&mut state, vec![Effect::ListRuns]);
    assert_eq!(ended, Ended::Left);
}

#[test]
fn a_worker_that_panics_leaves_the_screen_intact() {
    let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).unwrap();
    let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
    command.args([
        "--exact",
        "console::world::worker::tests::clumsy_console",
        "--ignored",
        "--nocapture",
        "--test-threads=1",
    ]);
    command.env("TERM", "xterm-256color");
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let (mut reader, mut writer) = (pair.master.try_clone_reader().unwrap(), pair.master.take_writer().unwrap());
    let (send, pieces) = channel::<Vec<u8>>();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            if send.send(buffer[..n].to_vec()).is_err() {
                return;
            }
        }
    });
    let mut parser = vt100::Parser::new(24u16.try_into().unwrap(), 80u16.try_into().unwrap(), 0);
    let mut sent = Vec::new();
    let mut shown = |parser: &mut vt100::Parser, until: &dyn Fn(&vt100::Screen) -> bool| {
        while !until(parser.screen()) {
            let piece = pieces.recv_timeout(Duration::from_secs(60));
            let Ok(piece) = piece else { panic!("{}", parser.screen().contents()) };
            parser.process(&piece);
            sent.extend(piece);
        }
        String::from_utf8_lossy(&sent).into_owned()
    };
    let bytes = shown(&mut parser, &|screen| screen.contents().contains("a part of the console failed (runs)"));
    let text = parser.screen().contents();
    assert!(text.contains("no such luck") && text.contains("Datasets") && text.contains("worker/tests.rs"), "{text}");
    assert!(parser.screen().alternate_screen() && !bytes.contains("panicked at"), "{text}");
    // It goes on: keys are obeyed, and leaving gives the terminal back.
    writer.write_all(b"?").unwrap();
    shown(&mut parser, &|screen| screen.contents().contains("esc closes"));
    writer.write_all(b"\x1bq").unwrap();
    writer.write_all(b"q").unwrap();
    let bytes = shown(&mut parser, &|screen| !screen.alternate_screen());
    assert!(!bytes.contains("panicked at"), "{bytes}");
    assert!(child.wait().unwrap().success());
}
