//! Matrix products for the recurrence, the corrector and BERT: a few rows at a time, rows that lie scattered in a
//! batch, and no copy between a product and what is done with its result.
//!
//! | file | what it is |
//! |---|---|
//! | `left` | the left matrix in bands: rows anywhere in a batch, read where they lie, or columns, read or copied |
//! | `panels` | the right matrix, in panels of a few vectors' columns |
//! | `tile` | the sums that stay in registers: a band's rows times a panel's columns |
//! | `multiply` | the products, made of tiles |

mod left;
mod multiply;
mod panels;
#[cfg(test)]
mod tests;
mod tile;

pub use left::{Columns, Part, Rows};
pub use multiply::{Transposed, affine, multiply_add, multiply_add_transposed, multiply_block};
pub use panels::{BLOCK, Block, Panels, panel};
pub use tile::Base;
