//! `DescribeCluster`: who is there.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::describe_cluster_response::DescribeClusterBroker;
use kafka_protocol::messages::{DescribeClusterRequest, DescribeClusterResponse};
use kafka_protocol::protocol::{StrBytes, VersionRange};

use super::{Call, Caller, versions};
use crate::sandbox::access::needs::SEE_CLUSTER;
use crate::sandbox::access::{CLUSTER, Kind, Who};
use crate::sandbox::broker::{BROKER_ID, Broker};

/// Stands for operations that nobody asked for.
pub(super) const UNASKED: i32 = i32::MIN;
/// The endpoints that this listener is: those of brokers.
const BROKERS: i8 = 1;

impl Call for DescribeClusterRequest {
    const OFFERED: VersionRange = versions(0, 1);

    async fn answer(self, caller: &mut Caller) -> DescribeClusterResponse {
        if self.endpoint_type != BROKERS {
            return self.refuse(ResponseError::MismatchedEndpointType);
        }
        let who = caller.who();
        let (cluster_id, operations) =
            caller.broker.look(|broker| (broker.cluster_id.clone(), operations(broker, &who)));
        let is_wanted = self.include_cluster_authorized_operations;
        DescribeClusterResponse::default()
            .with_cluster_authorized_operations(if is_wanted { operations } else { UNASKED })
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

/// Counts what somebody may do to the cluster; none of it is told to who may not see it.
pub(super) fn operations(broker: &Broker, who: &Who) -> i32 {
    if broker.allows(who, SEE_CLUSTER, CLUSTER) {
        broker.access.operations(who, Kind::Cluster, CLUSTER)
    } else {
        0
    }
}
