//! Rights that are missing, seen before anything is tried: `Metadata` tells what this client may
//! do.

use kafka_protocol::messages::MetadataRequest;

use super::cluster::Cluster;
use super::denied::Resource;
use super::metadata;
use crate::clock::Deadline;
use crate::kafka::{Error, ErrorCode};
use crate::model::name::TopicName;

/// `WRITE`, as Kafka counts operations.
const WRITE: i32 = 4;

/// `DESCRIBE`, as Kafka counts operations.
const DESCRIBE: i32 = 8;

impl Cluster {
    /// Makes sure that this client may write to topics, as far as the brokers tell; of a topic that
    /// cannot be described they do not. Rights may change any time, so whoever writes is prepared
    /// to be refused all the same.
    pub async fn check_write(&self, topics: &[TopicName], deadline: Deadline) -> Result<(), Error> {
        if topics.is_empty() {
            return Ok(());
        }
        let _asking = self.asking(deadline).await?;
        let response = self.send_metadata(|version| request(topics, version), deadline).await?;
        let lacking =
            response.topics.iter().filter(|topic| topic.error_code == 0).find_map(|topic| {
                let name = topic.name.as_ref()?;
                lacks_write(topic.topic_authorized_operations)
                    .then(|| TopicName::from(name.as_str()))
            });
        match lacking {
            None => Ok(()),
            Some(topic) => Err(Error::Denied {
                operation: "WRITE".to_owned(),
                resource: topic.describe(),
                code: ErrorCode::TOPIC_AUTHORIZATION_FAILED,
                exists: true,
            }),
        }
    }
}

/// Makes the request.
fn request(topics: &[TopicName], version: i16) -> MetadataRequest {
    // The field exists from version 8 on; a broker that is older tells nothing.
    metadata::request(Some(topics), version).with_include_topic_authorized_operations(version >= 8)
}

/// Tells whether the right to write is missing for sure. What a broker describes may be described,
/// so without that bit it does not tell rights: the number is then the lowest there is, or 0.
fn lacks_write(operations: i32) -> bool {
    let may = |operation: i32| operations & (1 << operation) != 0;
    may(DESCRIBE) && !may(WRITE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_missing_only_where_the_broker_tells_rights() {
        let bits = |operations: &[i32]| operations.iter().fold(0, |bits, n| bits | 1 << n);
        assert!(lacks_write(bits(&[3, DESCRIBE, 10])));
        assert!(!lacks_write(bits(&[WRITE, DESCRIBE])));
        for untold in [i32::MIN, 0] {
            assert!(!lacks_write(untold), "{untold}");
        }
    }
}
