//! `ApiVersions`, and requests in versions that nobody knows.

use kafka_protocol::messages::{
    ApiVersionsRequest, ApiVersionsResponse, MetadataRequest, ResponseHeader,
};
use kafka_protocol::protocol::{Decodable, Message, Request, StrBytes};

use crate::broker::Broker;
use crate::client::Client;

crate::behaviours! {
    a_version_that_is_too_new_is_answered_in_version_0,
    a_client_has_to_name_its_software_properly,
    an_unknown_version_of_another_call_ends_the_connection,
    what_stands_behind_a_request_is_ignored,
    metadata_is_offered_as_clients_need_it,
}

fn a_version_that_is_too_new_is_answered_in_version_0(broker: &Broker) {
    let mut client = Client::raw(broker.address());
    client.send_bytes(&[0, 0, 0, 12, 0, 18, 0, 99, 0, 0, 0, 7, 0xff, 0xff, 0, 0]);
    let mut frame = client.receive_frame().unwrap();
    let header = ResponseHeader::decode(&mut frame, 0).unwrap();
    assert_eq!(header.correlation_id, 7);
    let answer = ApiVersionsResponse::decode(&mut frame, 0).unwrap();
    assert_eq!(answer.error_code, 35);
    let own = answer.api_keys.iter().find(|api| api.api_key == ApiVersionsRequest::KEY).unwrap();
    assert!(own.max_version >= 3);
}

fn a_client_has_to_name_its_software_properly(broker: &Broker) {
    let named = |name: &'static str| {
        ApiVersionsRequest::default()
            .with_client_software_name(StrBytes::from_static_str(name))
            .with_client_software_version(StrBytes::from_static_str("1.0"))
    };
    for (name, code) in
        [("flowctl", 0), ("apache-kafka.java", 0), ("", 42), ("a b", 42), ("-a", 42)]
    {
        let answer = Client::raw(broker.address()).ask_in(3, &named(name));
        assert_eq!(answer.error_code, code, "{name}");
    }
}

fn an_unknown_version_of_another_call_ends_the_connection(broker: &Broker) {
    let mut client = broker.connect();
    client.send_bytes(&[0, 0, 0, 12, 0, 3, 0, 99, 0, 0, 0, 7, 0xff, 0xff, 0, 0]);
    assert!(client.receive_frame().is_none());
}

/// All topics, as librdkafka 2.16 asks for them: three bytes are too many.
fn what_stands_behind_a_request_is_ignored(broker: &Broker) {
    let mut client = broker.connect();
    client.send_bytes(&[0, 0, 0, 18, 0, 3, 0, 13, 0, 0, 0, 7, 0xff, 0xff, 0, 0, 0, 0, 0, 1, 0, 0]);
    let answer = client.receive::<MetadataRequest>(13);
    assert_eq!((answer.error_code, answer.brokers.len()), (0, 1));
}

fn metadata_is_offered_as_clients_need_it(broker: &Broker) {
    let client = broker.connect();
    let metadata = client.offered::<MetadataRequest>().unwrap();
    assert!(metadata.min <= 4 && metadata.max >= MetadataRequest::VERSIONS.max - 1);
}
