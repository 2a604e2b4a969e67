//! The vocabulary: names, records, headers, offsets, topics, groups, the cluster. No I/O.
//!
//! Bytes are bytes here: keys, values and header values are never assumed to be text.

pub mod cluster;
pub mod codec;
pub mod config_entry;
pub mod count;
pub mod duration;
pub mod envelope;
pub mod escapes;
pub mod group;
pub mod header;
pub mod lost;
pub mod name;
pub mod offset;
pub mod offset_set;
pub mod own_topics;
pub mod partitioner;
pub mod position;
pub mod record;
pub mod secret;
pub mod shell;
pub mod similar;
pub mod size;
pub mod target;
pub mod timestamp;
pub mod topic;
pub mod topic_config;
