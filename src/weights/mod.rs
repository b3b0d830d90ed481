//! Weights of pre-trained text encoders: where they lie, what they hold, their tokenizer.
//!
//! A user begins with [`Weights::find`]: a folder, or a model's name on the Hugging Face Hub that lies in its local cache.
//! Nothing is ever downloaded unasked; [`Hub::download`] is what `mug weights get` calls.
//!
//! It imports from the small floors only: `dataset` (token ids) and `model` (the module that takes the weights) build on it.
//! Within: `error` and `config`, then `shards` (weights in several files), `tensors` (what a file must hold, and what it
//! holds), `tokenizer`, `hub` (the cache), then `found` and `download`, which put them together. Another kind of encoder is told apart in `config`, and its tensors
//! are a list in `tensors`.

mod config;
mod download;
mod error;
mod found;
mod hub;
mod shards;
mod tensors;
mod tokenizer;

pub use config::{BertConfig, Part};
pub use download::Progress;
pub use error::WeightsError;
pub use found::Weights;
pub use hub::{Cached, Hub};
pub use tensors::Tensors;
pub use tokenizer::Tokenizer;

#[cfg(test)]
pub(crate) mod made;
#[cfg(test)]
mod server;
#[cfg(test)]
mod tests;
