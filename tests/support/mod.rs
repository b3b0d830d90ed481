//! What the tests of the built program share.
#![allow(dead_code, reason = "each test uses a part of it")]

pub mod home;
pub mod outcome;
pub mod picture;
pub mod terminal;
