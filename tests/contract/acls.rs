//! ACLs: how they are kept.

use kafka_protocol::messages::create_acls_request::AclCreation;
use kafka_protocol::messages::create_acls_response::AclCreationResult;
use kafka_protocol::messages::delete_acls_request::DeleteAclsFilter;
use kafka_protocol::messages::metadata_request::MetadataRequestTopic;
use kafka_protocol::messages::metadata_response::MetadataResponseTopic;
use kafka_protocol::messages::{
    CreateAclsRequest, DeleteAclsRequest, DescribeAclsRequest, DescribeAclsResponse,
    DescribeClusterRequest, MetadataRequest,
};
use kafka_protocol::protocol::StrBytes;

use crate::broker::{Broker, eventually, unique};
use crate::client::Client;
use crate::topics::name;

crate::secure_behaviours! {
    acls_are_kept_until_they_are_deleted,
    a_filter_takes_what_is_about_a_name,
    bad_acls_are_refused_one_by_one,
    words_of_filters_spoil_the_whole_request,
}

mod open {
    use super::*;

    crate::behaviours! { without_users_there_are_no_acls }

    fn without_users_there_are_no_acls(broker: &Broker) {
        let mut client = broker.connect();
        let results = give(&mut client, vec![acl("alice", READ, TOPIC, LITERAL, "orders")]);
        assert_eq!(results[0].error_code, 54);
        assert_eq!(find(&mut client, ANY, None).error_code, 54);
        let request = DeleteAclsRequest::default().with_filters(vec![filter(ANY, None)]);
        assert_eq!(client.ask_in(3, &request).filter_results[0].error_code, 54);
        let request = DescribeClusterRequest::default()
            .with_endpoint_type(1)
            .with_include_cluster_authorized_operations(true);
        let operations = client.ask_in(1, &request).cluster_authorized_operations;
        assert_eq!(operations, 0b1_1111_1010_0000);
    }
}

pub(crate) const ANY: i8 = 1;
const MATCH: i8 = 2;
pub(crate) const LITERAL: i8 = 3;
pub(crate) const PREFIXED: i8 = 4;
pub(crate) const TOPIC: i8 = 2;
pub(crate) const GROUP: i8 = 3;
const CLUSTER: i8 = 4;
pub(crate) const TRANSACTIONAL_ID: i8 = 5;
pub(crate) const READ: i8 = 3;
pub(crate) const WRITE: i8 = 4;
pub(crate) const CREATE: i8 = 5;
pub(crate) const DELETE: i8 = 6;
pub(crate) const DESCRIBE: i8 = 8;
pub(crate) const DENY: i8 = 2;
const ALLOW: i8 = 3;

pub(crate) fn text(text: &str) -> StrBytes {
    StrBytes::from_string(text.to_owned())
}

/// Allows a user something.
pub(crate) fn acl(user: &str, operation: i8, kind: i8, pattern: i8, name: &str) -> AclCreation {
    AclCreation::default()
        .with_resource_type(kind)
        .with_resource_name(text(name))
        .with_resource_pattern_type(pattern)
        .with_principal(text(&format!("User:{user}")))
        .with_host(text("*"))
        .with_operation(operation)
        .with_permission_type(ALLOW)
}

pub(crate) fn give(client: &mut Client, acls: Vec<AclCreation>) -> Vec<AclCreationResult> {
    client.ask_in(3, &CreateAclsRequest::default().with_creations(acls)).results
}

/// Lets alice do something to one thing.
pub(crate) fn allow(broker: &Broker, operation: i8, kind: i8, name: &str) {
    let results =
        give(&mut broker.connect_as("admin"), vec![acl("alice", operation, kind, LITERAL, name)]);
    assert_eq!(results[0].error_code, 0, "{results:?}");
}

pub(crate) fn find(client: &mut Client, pattern: i8, name: Option<&str>) -> DescribeAclsResponse {
    let request = DescribeAclsRequest::default()
        .with_resource_type_filter(ANY)
        .with_resource_name_filter(name.map(text))
        .with_pattern_type_filter(pattern)
        .with_principal_filter(None)
        .with_host_filter(None)
        .with_operation(ANY)
        .with_permission_type(ANY);
    client.ask_in(3, &request)
}

fn filter(pattern: i8, name: Option<&str>) -> DeleteAclsFilter {
    DeleteAclsFilter::default()
        .with_resource_type_filter(ANY)
        .with_resource_name_filter(name.map(text))
        .with_pattern_type_filter(pattern)
        .with_principal_filter(None)
        .with_host_filter(None)
        .with_operation(ANY)
        .with_permission_type(ANY)
}

/// Takes all ACLs away that are written with a name; returns how many there were.
pub(crate) fn take(client: &mut Client, name: &str) -> usize {
    let filters = vec![filter(ANY, Some(name)), filter(ANY, Some(name))];
    let answer = client.ask_in(3, &DeleteAclsRequest::default().with_filters(filters));
    let [first, again] = answer.filter_results.as_slice() else { panic!("{answer:?}") };
    assert_eq!((first.error_code, &first.error_message, again.error_code), (0, &None, 0));
    assert_eq!(first.matching_acls.len(), again.matching_acls.len(), "both name the same");
    first.matching_acls.len()
}

/// Asks for a topic by name; `None` asks for all.
pub(crate) fn see(client: &mut Client, topic: Option<&str>) -> Vec<MetadataResponseTopic> {
    let wanted = |topic| vec![MetadataRequestTopic::default().with_name(Some(name(topic)))];
    let request = MetadataRequest::default()
        .with_topics(topic.map(wanted))
        .with_allow_auto_topic_creation(false)
        .with_include_topic_authorized_operations(true);
    client.ask_in(9, &request).topics
}

fn acls_are_kept_until_they_are_deleted(broker: &Broker) {
    let (topic, mut admin) = (unique("acls"), broker.connect_as("admin"));
    let read = acl("alice", READ, TOPIC, LITERAL, &topic);
    let write = acl("nobody", WRITE, TOPIC, PREFIXED, &topic).with_host(text("10.0.0.1"));
    let deny = acl("*", WRITE, TOPIC, LITERAL, &topic).with_permission_type(DENY);
    let acls = vec![read.clone(), write, deny, read];
    let results = give(&mut admin, acls);
    assert!(results.iter().all(|result| result.error_code == 0), "{results:?}");
    let described = |admin: &mut Client| {
        let mut lines = Vec::new();
        for resource in find(admin, ANY, Some(&topic)).resources {
            for acl in resource.acls {
                let (kind, pattern) = (resource.resource_type, resource.pattern_type);
                let (operation, permission) = (acl.operation, acl.permission_type);
                let (principal, host) = (acl.principal, acl.host);
                lines.push(format!("{kind} {pattern} {principal} {host} {operation} {permission}"));
            }
        }
        lines.sort_unstable();
        lines
    };
    let expected = ["2 3 User:* * 4 2", "2 3 User:alice * 3 3", "2 4 User:nobody 10.0.0.1 4 3"];
    eventually(|| described(&mut admin) == expected);
    assert_eq!(find(&mut admin, ANY, Some(&topic)).error_message, Some(text("")));
    eventually(|| take(&mut admin, &topic) == 3);
    eventually(|| described(&mut admin).is_empty());
}

fn a_filter_takes_what_is_about_a_name(broker: &Broker) {
    let (topic, mut admin) = (unique("filter"), broker.connect_as("admin"));
    let longer = format!("{topic}-longer");
    let acls = vec![
        acl("alice", READ, TOPIC, PREFIXED, &topic),
        acl("alice", READ, TOPIC, LITERAL, &longer),
        acl("alice", READ, TOPIC, LITERAL, &topic),
    ];
    give(&mut admin, acls);
    let mut found = |pattern| {
        let resources = find(&mut admin, pattern, Some(&longer)).resources;
        let mine = resources.iter().filter(|found| found.resource_name.starts_with(&*topic));
        let mut found: Vec<_> = mine.map(|found| found.pattern_type).collect();
        found.sort_unstable();
        found
    };
    eventually(|| found(MATCH) == [LITERAL, PREFIXED]);
    assert_eq!((found(ANY), found(LITERAL), found(PREFIXED)), (vec![3], vec![3], vec![]));
    assert_eq!(take(&mut admin, &topic) + take(&mut admin, &longer), 3);
}

fn bad_acls_are_refused_one_by_one(broker: &Broker) {
    let (topic, mut admin) = (unique("bad"), broker.connect_as("admin"));
    let good = acl("alice", READ, TOPIC, LITERAL, &topic);
    let bad = [
        (acl("alice", READ, CLUSTER, LITERAL, "mine"), "The only valid name for the CLUSTER"),
        (acl("alice", READ, TOPIC, LITERAL, ""), "Invalid empty resource name"),
        (good.clone().with_resource_type(99), "Invalid resourceType UNKNOWN"),
        (good.clone().with_resource_pattern_type(99), "Invalid patternType UNKNOWN"),
        (good.clone().with_operation(99), "Invalid operation UNKNOWN"),
        (good.clone().with_permission_type(99), "Invalid permissionType UNKNOWN"),
    ];
    let acls = bad.iter().map(|(acl, _)| acl.clone()).chain([good]).collect();
    let results = give(&mut admin, acls);
    for (result, (_, message)) in results.iter().zip(&bad) {
        assert_eq!(result.error_code, 42, "{message}");
        let said = result.error_message.as_ref().unwrap();
        assert!(said.starts_with(message), "{said} instead of {message}");
    }
    let last = results.last().unwrap();
    assert_eq!((last.error_code, &last.error_message), (0, &Some(text(""))), "it is created");
    eventually(|| take(&mut admin, &topic) == 1);
}

fn words_of_filters_spoil_the_whole_request(broker: &Broker) {
    let (topic, mut admin) = (unique("spoiled"), broker.connect_as("admin"));
    let good = acl("alice", READ, TOPIC, LITERAL, &topic);
    for bad in [
        good.clone().with_resource_type(ANY),
        good.clone().with_resource_pattern_type(ANY),
        good.clone().with_resource_pattern_type(MATCH),
        good.clone().with_operation(ANY),
        good.clone().with_permission_type(ANY),
    ] {
        for result in give(&mut admin, vec![good.clone(), bad]) {
            assert_eq!((result.error_code, result.error_message), (-1, None));
        }
    }
    assert_eq!(take(&mut admin, &topic), 0);
}
