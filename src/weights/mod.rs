//! Weights of pre-trained text encoders: where they lie, what they hold, their tokenizer.
//!
//! It imports from the small floors only: `dataset` (token ids) and `model` (the module that takes the weights) build on it.

mod config;

pub use config::BertConfig;
