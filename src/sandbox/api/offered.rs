//! Which calls the sandbox answers: what is not here is not advertised.

use kafka_protocol::messages;
use kafka_protocol::protocol::{Request, VersionRange};

use super::Call;
use crate::kafka::wire::request_name;

/// Names every call to a macro.
macro_rules! every_call {
    ($then:ident) => {
        $then! {
            AddOffsetsToTxnRequest,
            AddPartitionsToTxnRequest,
            AlterConfigsRequest,
            ApiVersionsRequest,
            CreateAclsRequest,
            CreatePartitionsRequest,
            CreateTopicsRequest,
            DeleteAclsRequest,
            DeleteGroupsRequest,
            DeleteRecordsRequest,
            DeleteTopicsRequest,
            DescribeAclsRequest,
            DescribeClusterRequest,
            DescribeConfigsRequest,
            DescribeGroupsRequest,
            DescribeTransactionsRequest,
            EndTxnRequest,
            FetchRequest,
            FindCoordinatorRequest,
            HeartbeatRequest,
            IncrementalAlterConfigsRequest,
            InitProducerIdRequest,
            JoinGroupRequest,
            LeaveGroupRequest,
            ListGroupsRequest,
            ListOffsetsRequest,
            ListTransactionsRequest,
            MetadataRequest,
            OffsetCommitRequest,
            OffsetDeleteRequest,
            OffsetFetchRequest,
            ProduceRequest,
            SyncGroupRequest,
            TxnOffsetCommitRequest;
            never throttled: SaslAuthenticateRequest, SaslHandshakeRequest,
        }
    };
}
pub(in crate::sandbox) use every_call;

/// Asks a client to wait.
type Throttle<C> = fn(&mut <C as Request>::Response, i32);

/// How the answer of a call asks its client to wait.
pub(in crate::sandbox) trait ThrottleTime: Request {
    /// Sets for how many milliseconds; nothing where the answer has no place for it.
    const THROTTLE: Option<Throttle<Self>>;
}

/// A call, as clients and the writers of fault rules are told of it.
pub(in crate::sandbox) struct Offered {
    /// Kafka's name of it.
    pub(in crate::sandbox) name: String,
    /// Its number.
    pub(in crate::sandbox) key: i16,
    /// In which versions it is answered.
    pub(in crate::sandbox) versions: VersionRange,
    /// Whether it is about topics.
    pub(in crate::sandbox) names_topics: bool,
    /// Whether it is about groups or transactional ids.
    pub(in crate::sandbox) names_groups: bool,
    /// Whether its answer can ask the client to wait.
    pub(in crate::sandbox) can_throttle: bool,
}

impl Offered {
    fn of<C: Call>() -> Self {
        Self {
            name: request_name(C::KEY),
            key: C::KEY,
            versions: C::OFFERED,
            names_topics: C::TOPICS.is_some(),
            names_groups: C::GROUPS.is_some(),
            can_throttle: C::THROTTLE.is_some(),
        }
    }
}

macro_rules! list {
    ($($request:ident),+; never throttled: $($other:ident),+ $(,)?) => {
        /// Returns all calls.
        pub(in crate::sandbox) fn offered() -> Vec<Offered> {
            vec![
                $(Offered::of::<messages::$request>(),)+
                $(Offered::of::<messages::$other>(),)+
            ]
        }

        $(impl ThrottleTime for messages::$request {
            const THROTTLE: Option<Throttle<Self>> =
                Some(|response, ms| response.throttle_time_ms = ms);
        })+

        $(impl ThrottleTime for messages::$other {
            const THROTTLE: Option<Throttle<Self>> = None;
        })+
    };
}

every_call!(list);
