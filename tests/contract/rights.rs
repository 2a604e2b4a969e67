//! What ACLs let through, and whom.

use kafka_protocol::messages::{DescribeClusterRequest, InitProducerIdRequest};

use crate::acls::{
    ANY, DENY, DESCRIBE, LITERAL, PREFIXED, READ, TOPIC, WRITE, acl, allow, find, give, see, take,
    text,
};
use crate::broker::{Broker, eventually, unique};
use crate::topics::create;

crate::secure_behaviours! {
    rights_begin_and_end_with_their_acl,
    who_is_denied_is_denied,
    operations_are_counted,
    the_super_user_may_do_everything,
    any_topic_to_write_to_is_enough_for_idempotence,
}

fn rights_begin_and_end_with_their_acl(broker: &Broker) {
    let (topic, mut admin) = (unique("rights"), broker.connect_as("admin"));
    create(&mut admin, &topic, 1);
    let mut alice = broker.connect_as("alice");
    let mut sees = || see(&mut alice, Some(&topic))[0].error_code;
    assert_eq!(sees(), 29);
    for (operation, pattern, pattern_name) in [
        (READ, LITERAL, topic.as_str()),
        (WRITE, PREFIXED, topic.strip_suffix(char::is_numeric).unwrap()),
    ] {
        give(&mut admin, vec![acl("alice", operation, TOPIC, pattern, pattern_name)]);
        eventually(|| sees() == 0);
        assert_eq!(see(&mut broker.connect_as("nobody"), Some(&topic))[0].error_code, 29);
        take(&mut admin, pattern_name);
        eventually(|| sees() == 29);
    }
    give(&mut admin, vec![acl("*", DESCRIBE, TOPIC, LITERAL, &topic)]);
    eventually(|| sees() == 0);
    take(&mut admin, &topic);
}

fn who_is_denied_is_denied(broker: &Broker) {
    let (topic, mut admin) = (unique("denied"), broker.connect_as("admin"));
    create(&mut admin, &topic, 1);
    let mut alice = broker.connect_as("alice");
    let mut sees = || see(&mut alice, Some(&topic))[0].error_code;
    let elsewhere = acl("alice", READ, TOPIC, LITERAL, &topic).with_host(text("10.0.0.1"));
    give(&mut admin, vec![elsewhere]);
    assert_eq!(sees(), 29, "she is here");
    give(&mut admin, vec![acl("alice", READ, TOPIC, LITERAL, &topic)]);
    eventually(|| sees() == 0);
    let deny = acl("*", DESCRIBE, TOPIC, PREFIXED, &topic).with_permission_type(DENY);
    give(&mut admin, vec![deny]);
    eventually(|| sees() == 29);
    take(&mut admin, &topic);
}

fn operations_are_counted(broker: &Broker) {
    let (topic, mut admin) = (unique("operations"), broker.connect_as("admin"));
    create(&mut admin, &topic, 1);
    allow(broker, READ, TOPIC, &topic);
    let mut alice = broker.connect_as("alice");
    eventually(|| see(&mut alice, Some(&topic))[0].error_code == 0);
    let operations = see(&mut alice, Some(&topic))[0].topic_authorized_operations;
    assert_eq!(operations, 1 << READ | 1 << DESCRIBE);
    let all = see(&mut admin, Some(&topic))[0].topic_authorized_operations;
    assert_eq!(all, 0b1101_1111_1000);
    let request = DescribeClusterRequest::default()
        .with_endpoint_type(1)
        .with_include_cluster_authorized_operations(true);
    assert_eq!(alice.ask_in(1, &request).cluster_authorized_operations, 0);
    assert_ne!(admin.ask_in(1, &request).cluster_authorized_operations, 0);
    let unasked = DescribeClusterRequest::default().with_endpoint_type(1);
    assert_eq!(admin.ask_in(1, &unasked).cluster_authorized_operations, i32::MIN);
    take(&mut admin, &topic);
}

fn the_super_user_may_do_everything(broker: &Broker) {
    let (topic, mut admin) = (unique("super"), broker.connect_as("admin"));
    create(&mut admin, &topic, 1);
    let deny = acl("admin", READ, TOPIC, LITERAL, &topic).with_permission_type(DENY);
    give(&mut admin, vec![deny]);
    eventually(|| find(&mut admin, ANY, Some(&topic)).resources.len() == 1);
    assert_eq!(see(&mut admin, Some(&topic))[0].error_code, 0);
    take(&mut admin, &topic);
}

fn any_topic_to_write_to_is_enough_for_idempotence(broker: &Broker) {
    let topic = unique("idempotent");
    let request = InitProducerIdRequest::default()
        .with_transactional_id(None)
        .with_transaction_timeout_ms(60_000)
        .with_producer_id((-1).into())
        .with_producer_epoch(-1);
    let start = |user| broker.connect_as(user).ask_in(4, &request).error_code;
    assert_eq!(start("nobody"), 31);
    allow(broker, WRITE, TOPIC, &topic);
    eventually(|| start("alice") == 0);
    take(&mut broker.connect_as("admin"), &topic);
}
