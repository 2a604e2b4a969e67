//! Brokers that fail at a call: commands go on where that is right, else end with the code that
//! says why, and never do anything twice.

mod interrupted;
mod others;
mod redrive;
mod replay;
