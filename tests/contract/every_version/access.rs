//! Logging in, and ACLs.

use bytes::Bytes;
use kafka_protocol::messages::create_acls_request::AclCreation;
use kafka_protocol::messages::delete_acls_request::DeleteAclsFilter;
use kafka_protocol::messages::{
    CreateAclsRequest, CreateAclsResponse, DeleteAclsRequest, DeleteAclsResponse,
    DescribeAclsRequest, DescribeAclsResponse, SaslAuthenticateRequest, SaslAuthenticateResponse,
    SaslHandshakeRequest, SaslHandshakeResponse,
};
use kafka_protocol::protocol::StrBytes;

use super::{Asked, World, text};
use crate::acls::{READ, TOPIC};
use crate::broker::eventually;
use crate::sasl::shake_hands;

const LITERAL: i8 = 3;
const ALLOW: i8 = 3;

impl Asked for SaslHandshakeRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        world.client = world.broker.connect();
        Self::default().with_mechanism(text("PLAIN"))
    }

    fn check(answer: &SaslHandshakeResponse, _world: &mut World<'_>, _version: i16) {
        assert_eq!(answer.error_code, 0);
        assert!(answer.mechanisms.contains(&text("PLAIN")));
    }
}

impl Asked for SaslAuthenticateRequest {
    fn request(world: &mut World<'_>, _version: i16) -> Self {
        world.client = world.broker.connect();
        assert_eq!(shake_hands(&mut world.client, "PLAIN").error_code, 0);
        Self::default().with_auth_bytes(Bytes::from_static(b"\0admin\0admin-secret"))
    }

    fn check(answer: &SaslAuthenticateResponse, _world: &mut World<'_>, _version: i16) {
        assert_eq!((answer.error_code, answer.session_lifetime_ms), (0, 0));
    }
}

/// Who may read the world's topic in a version.
fn principal(version: i16) -> StrBytes {
    text(&format!("User:reader-{version}"))
}

impl World<'_> {
    /// Allows somebody to read.
    fn allow(&mut self, version: i16) {
        let request = CreateAclsRequest::request(self, version);
        assert_eq!(self.client.ask_in(3, &request).results[0].error_code, 0);
        // Kafka tells those who ask a moment later.
        let request = describe(self, version);
        eventually(|| self.client.ask_in(3, &request).resources.len() == 1);
    }
}

fn describe(world: &mut World<'_>, version: i16) -> DescribeAclsRequest {
    DescribeAclsRequest::default()
        .with_resource_type_filter(TOPIC)
        .with_resource_name_filter(Some(text(&world.topic().0)))
        .with_pattern_type_filter(LITERAL)
        .with_principal_filter(Some(principal(version)))
        .with_host_filter(None)
        .with_operation(READ)
        .with_permission_type(ALLOW)
}

impl Asked for CreateAclsRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        let creation = AclCreation::default()
            .with_resource_type(TOPIC)
            .with_resource_name(text(&world.topic().0))
            .with_resource_pattern_type(LITERAL)
            .with_principal(principal(version))
            .with_host(text("*"))
            .with_operation(READ)
            .with_permission_type(ALLOW);
        Self::default().with_creations(vec![creation])
    }

    fn check(answer: &CreateAclsResponse, world: &mut World<'_>, version: i16) {
        let [created] = answer.results.as_slice() else { panic!("{answer:?}") };
        assert_eq!(created.error_code, 0);
        let request = describe(world, version);
        eventually(|| world.client.ask_in(3, &request).resources.len() == 1);
    }
}

impl Asked for DescribeAclsRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        world.allow(version);
        describe(world, version)
    }

    fn check(answer: &DescribeAclsResponse, world: &mut World<'_>, version: i16) {
        assert_eq!(answer.error_code, 0);
        let [resource] = answer.resources.as_slice() else { panic!("{answer:?}") };
        assert_eq!((resource.resource_type, resource.pattern_type), (TOPIC, LITERAL));
        assert_eq!(resource.resource_name, text(&world.topic().0));
        let [acl] = resource.acls.as_slice() else { panic!("{answer:?}") };
        assert_eq!((&acl.principal, &acl.host), (&principal(version), &text("*")));
        assert_eq!((acl.operation, acl.permission_type), (READ, ALLOW));
    }
}

impl Asked for DeleteAclsRequest {
    fn request(world: &mut World<'_>, version: i16) -> Self {
        world.allow(version);
        let filter = DeleteAclsFilter::default()
            .with_resource_type_filter(TOPIC)
            .with_resource_name_filter(Some(text(&world.topic().0)))
            .with_pattern_type_filter(LITERAL)
            .with_principal_filter(Some(principal(version)))
            .with_host_filter(None)
            .with_operation(READ)
            .with_permission_type(ALLOW);
        Self::default().with_filters(vec![filter])
    }

    fn check(answer: &DeleteAclsResponse, _world: &mut World<'_>, version: i16) {
        let [result] = answer.filter_results.as_slice() else { panic!("{answer:?}") };
        assert_eq!(result.error_code, 0);
        let [deleted] = result.matching_acls.as_slice() else { panic!("{answer:?}") };
        assert_eq!((deleted.error_code, deleted.resource_type), (0, TOPIC));
        assert_eq!((deleted.pattern_type, deleted.operation), (LITERAL, READ));
        assert_eq!((&deleted.principal, deleted.permission_type), (&principal(version), ALLOW));
    }
}
