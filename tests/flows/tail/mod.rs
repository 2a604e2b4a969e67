//! What `flowctl tail` shows, where it begins, and how it ends.

mod following;
mod positions;
mod records;
