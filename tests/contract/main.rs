//! What a broker has to do, one test a behaviour: each runs unchanged against the sandbox and
//! against Apache Kafka, which is the judge. The sandbox is only believed where both agree.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a helper of a test may fail it"
)]

mod abuse;
mod acls;
mod broker;
mod cleanup;
mod client;
mod clients;
mod compression;
mod configs;
mod denied;
mod every_version;
mod group_offsets;
mod groups;
#[path = "../support/home.rs"]
#[expect(dead_code, reason = "other kinds of tests use the rest")]
mod home;
#[path = "../support/instance.rs"]
mod instance;
mod isolation;
mod membership;
mod metadata;
mod produce;
mod produce_refusals;
mod records;
mod repeated;
mod rights;
#[path = "../support/running.rs"]
#[expect(dead_code, reason = "other kinds of tests use the rest")]
mod running;
#[path = "../support/sandbox.rs"]
#[expect(dead_code, reason = "other kinds of tests use the rest")]
mod sandbox;
mod sasl;
mod topic_changes;
mod topics;
mod transaction_offsets;
mod transactions;
mod versions;

/// Makes two tests of each behaviour: on the sandbox and on Kafka.
macro_rules! behaviours {
    ($($name:ident),+ $(,)?) => {
        mod sandbox {
            $(#[test] fn $name() { super::$name(&crate::broker::Broker::sandbox()); })+
        }
        mod kafka {
            $(#[test] fn $name() { super::$name(&crate::broker::Broker::kafka()); })+
        }
    };
}
pub(crate) use behaviours;

/// Makes two tests of each behaviour of a broker that looks all the time for what is to go.
macro_rules! tidy_behaviours {
    ($($name:ident),+ $(,)?) => {
        mod sandbox {
            $(#[test] fn $name() { super::$name(&crate::broker::Broker::sandbox()); })+
        }
        mod kafka {
            $(#[test] fn $name() { super::$name(&crate::broker::Broker::tidy_kafka()); })+
        }
    };
}
pub(crate) use tidy_behaviours;

/// Makes two tests of each behaviour of a broker with users.
macro_rules! secure_behaviours {
    ($($name:ident),+ $(,)?) => {
        mod sandbox {
            $(#[test] fn $name() { super::$name(&crate::broker::Broker::secure_sandbox()); })+
        }
        mod kafka {
            $(#[test] fn $name() { super::$name(&crate::broker::Broker::secure_kafka()); })+
        }
    };
}
pub(crate) use secure_behaviours;
