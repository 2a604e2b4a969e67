//! `DescribeCluster`: who is there.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};
use kafka_protocol::protocol::{StrBytes, VersionRange};

use super::{Call, Caller, versions};
use crate::sandbox::broker::BROKER_ID;

/// The endpoints that this listener is: those of brokers.
const BROKERS: i8 = 1;

impl Call for DescribeClusterRequest {
    const OFFERED: VersionRange = versions(0, 1);

    async fn answer(self, caller: &mut Caller) -> DescribeClusterResponse {
        if self.endpoint_type != BROKERS {
            return self.refuse(ResponseError::MismatchedEndpointType);
        }
        let cluster_id = caller.broker.look(|broker| broker.cluster_id.clone());
        DescribeClusterResponse::default()
            .with_cluster_id(StrBytes::from_string(cluster_id))
            .with_controller_id(BROKER_ID)
            .with_brokers(vec![
                DescribeClusterBroker::default()
                    .with_broker_id(BROKER_ID)
                    .with_host(caller.host())
                    .with_port(caller.port()),
            ])
    }

    fn refuse(self, error: ResponseError) -> DescribeClusterResponse {
        DescribeClusterResponse::default().with_error_code(error.code())
    }
}
