//! A terminal console for **MUG**, meta uni-label generation for multimodal sentiment analysis
//! ([arXiv 2408.16029](https://arxiv.org/abs/2408.16029)). MUG trains on clips of text, audio and vision of which only the
//! whole was labelled; a small meta network learns to correct the clip's label into one label per modality. The program
//! trains the three stages in a process of its own that outlives the terminal, and shows losses, signs of failure and
//! the corrected labels of every clip.
//!
#![doc = include_str!("../assets/console.svg")]
#![doc = ""]
#![doc = include_str!("book/start.md")]

pub mod book;
pub mod cli;
pub mod config;
pub mod console;
pub mod dataset;
pub mod device;
pub mod digest;
pub mod files;
pub mod folder;
pub mod host;
pub mod modality;
pub mod model;
pub mod nearest;
pub mod notify;
pub mod report;
pub mod run;
pub mod sanitise;
pub mod split;
pub mod study;
pub mod training;
pub mod version;
pub mod weights;
