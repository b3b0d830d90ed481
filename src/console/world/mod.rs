//! The world behind the screen: threads, files, sockets. Takes [effects](super::state::effect::Effect) and answers with
//! [messages](super::state::message::Message).
//!
//! May import: [`state`](super::state) and what lies below it. A new effect is a variant, an arm in [`live`] and, where the
//! work is more than a call, a file here.

pub mod attachment;
pub mod figure;
pub mod follower;
pub mod inspection;
pub mod latest;
pub mod live;
pub mod mailbox;
pub mod preferences;
pub mod projector;
pub mod reading;
pub mod reports;
pub mod shared;
pub mod start;
pub mod studies;
pub mod study_cells;
pub mod unfinished;
pub mod worker;
