//! confluent-kafka from `PyPI`: a new librdkafka, as Python programs use it.

use std::path::Path;
use std::process::Command;

use super::run;
use crate::broker::{Broker, unique};
use crate::instance::dev;

crate::behaviours! { a_python_program_works }

fn a_python_program_works(broker: &Broker) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contract/clients/confluent.py");
    let mut command = Command::new(dev("confluent"));
    run(command.arg(script).args([broker.address(), &unique("confluent")]), "");
}
