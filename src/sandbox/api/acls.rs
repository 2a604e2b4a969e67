//! `CreateAcls`, `DescribeAcls`, `DeleteAcls`.

use std::collections::BTreeMap;

use kafka_protocol::ResponseError;
use kafka_protocol::messages::create_acls_request::AclCreation;
use kafka_protocol::messages::create_acls_response::AclCreationResult;
use kafka_protocol::messages::delete_acls_request::DeleteAclsFilter;
use kafka_protocol::messages::delete_acls_response::{
    DeleteAclsFilterResult, DeleteAclsMatchingAcl,
};
use kafka_protocol::messages::describe_acls_response::{AclDescription, DescribeAclsResource};
use kafka_protocol::messages::{
    CreateAclsRequest, CreateAclsResponse, DeleteAclsRequest, DeleteAclsResponse,
    DescribeAclsRequest, DescribeAclsResponse,
};
use kafka_protocol::protocol::{StrBytes, VersionRange};

use super::size::{Left, TooLarge};
use super::{Call, Caller, text, versions};
use crate::sandbox::access::needs::{ALTER_CLUSTER, SEE_CLUSTER};
use crate::sandbox::access::{
    CLUSTER, Entry, Filter, Kind, Named, Need, Operation, Pattern, Permission, Resource, Who,
};
use crate::sandbox::broker::Broker;
use crate::sandbox::topics::Refusal;

/// The number that stands for anything.
const ANY: i8 = 1;
/// The number of patterns that are about a name.
const MATCH: i8 = 2;

impl Call for CreateAclsRequest {
    const OFFERED: VersionRange = versions(1, 3);

    async fn answer(self, caller: &mut Caller) -> CreateAclsResponse {
        let who = caller.who();
        let create = |broker: &mut Broker| -> Result<Vec<_>, Refusal> {
            check(broker, &who, ALTER_CLUSTER)?;
            if self.creations.iter().any(is_filter) {
                return Err(Refusal::new(ResponseError::UnknownServerError, String::new()));
            }
            Ok(self.creations.iter().map(|creation| create(broker, creation)).collect())
        };
        let results = caller.broker.change(create).unwrap_or_else(|refusal| {
            self.creations.iter().map(|_| Err(refusal.clone())).collect()
        });
        CreateAclsResponse::default().with_results(results.into_iter().map(created).collect())
    }

    fn refuse(self, error: ResponseError) -> CreateAclsResponse {
        let refused = |_| created(Err(Refusal::new(error, String::new())));
        CreateAclsResponse::default().with_results(self.creations.iter().map(refused).collect())
    }
}

impl Call for DescribeAclsRequest {
    const OFFERED: VersionRange = versions(1, 3);

    const HAS_LARGE_ANSWER: bool = true;

    async fn answer(self, caller: &mut Caller) -> DescribeAclsResponse {
        let who = caller.who();
        let filter = read(&Fields {
            kind: self.resource_type_filter,
            pattern: self.pattern_type_filter,
            name: self.resource_name_filter.as_ref(),
            principal: self.principal_filter.as_ref(),
            host: self.host_filter.as_ref(),
            operation: self.operation,
            permission: self.permission_type,
        });
        let find = |broker: &Broker| {
            check(broker, &who, SEE_CLUSTER)?;
            // Words that are not known are on no ACL.
            Ok(filter.map_or_else(|_| BTreeMap::new(), |filter| broker.access.find(&filter)))
        };
        match caller.broker.look(find) {
            Ok(found) => DescribeAclsResponse::default().with_resources(
                found.iter().map(|(about, entries)| described(about, entries)).collect(),
            ),
            Err(Refusal { error, message }) => {
                self.refuse(error).with_error_message(Some(text(&message)))
            }
        }
    }

    fn refuse(self, error: ResponseError) -> DescribeAclsResponse {
        DescribeAclsResponse::default().with_error_code(error.code()).with_error_message(None)
    }
}

impl Call for DeleteAclsRequest {
    const OFFERED: VersionRange = versions(1, 3);

    async fn answer(self, caller: &mut Caller) -> DeleteAclsResponse {
        let who = caller.who();
        let delete = |broker: &mut Broker| -> Result<Vec<_>, Refusal> {
            check(broker, &who, ALTER_CLUSTER)?;
            // All are found before any is gone: an ACL may be named twice.
            let mut left = Left::new();
            let mut found = Vec::with_capacity(self.filters.len());
            for filter in &self.filters {
                let matching = read(&fields(filter)).map(|filter| broker.access.find(&filter));
                let acls = matching.iter().flatten().map(|(about, entries)| size(about, entries));
                left.take(acls.sum()).map_err(|TooLarge| too_large())?;
                found.push(matching);
            }
            for gone in found.iter().flatten() {
                broker.access.delete(gone);
            }
            Ok(found)
        };
        let results = caller
            .broker
            .change(delete)
            .unwrap_or_else(|refusal| self.filters.iter().map(|_| Err(refusal.clone())).collect());
        DeleteAclsResponse::default()
            .with_filter_results(results.into_iter().map(deleted).collect())
    }

    fn refuse(self, error: ResponseError) -> DeleteAclsResponse {
        let refused = |_| deleted(Err(Refusal::new(error, String::new())));
        DeleteAclsResponse::default()
            .with_filter_results(self.filters.iter().map(refused).collect())
    }
}

/// Returns how large what is told of a thing's ACLs is, about.
fn size(about: &Resource, entries: &[Entry]) -> usize {
    let size = |entry: &Entry| {
        size_of_val(entry) + about.name.len() + entry.principal.len() + entry.host.len()
    };
    entries.iter().map(size).sum()
}

fn too_large() -> Refusal {
    Refusal::new(TooLarge::ERROR, "The same ACLs are named too many times.")
}

/// Checks that there are rights, and that somebody may look at them or change them.
fn check(broker: &Broker, who: &Who, need: Need) -> Result<(), Refusal> {
    if !broker.access.is_enforced() {
        let message = "No Authorizer is configured.";
        return Err(Refusal::new(ResponseError::SecurityDisabled, message));
    }
    broker.access.check(who, need, CLUSTER)
}

/// Tells whether a new ACL has a word that only filters have; Kafka fails on the whole request
/// then.
fn is_filter(creation: &AclCreation) -> bool {
    let words = [creation.resource_type, creation.operation, creation.permission_type];
    words.contains(&ANY) || [ANY, MATCH].contains(&creation.resource_pattern_type)
}

/// Creates one ACL.
fn create(broker: &mut Broker, creation: &AclCreation) -> Result<(), Refusal> {
    let unknown =
        |what: &str| Refusal::new(ResponseError::InvalidRequest, format!("Invalid {what} UNKNOWN"));
    let pattern = Pattern::of(creation.resource_pattern_type);
    let resource = Resource {
        kind: Kind::of(creation.resource_type).ok_or_else(|| unknown("resourceType"))?,
        pattern: pattern.ok_or_else(|| unknown("patternType"))?,
        name: creation.resource_name.to_string(),
    };
    let permission = Permission::of(creation.permission_type);
    let entry = Entry {
        principal: creation.principal.to_string(),
        host: creation.host.to_string(),
        operation: Operation::of(creation.operation).ok_or_else(|| unknown("operation"))?,
        permission: permission.ok_or_else(|| unknown("permissionType"))?,
    };
    broker.access.create(resource, entry)
}

/// Says what became of a new ACL.
fn created(outcome: Result<(), Refusal>) -> AclCreationResult {
    match outcome {
        Ok(()) => AclCreationResult::default(),
        Err(refusal) => AclCreationResult::default()
            .with_error_code(refusal.error.code())
            .with_error_message(said(&refusal)),
    }
}

/// Returns what is said about an error, if anything is.
fn said(refusal: &Refusal) -> Option<StrBytes> {
    Some(text(&refusal.message)).filter(|message| !message.is_empty())
}

/// The fields of a filter, which two calls have.
struct Fields<'a> {
    kind: i8,
    pattern: i8,
    name: Option<&'a StrBytes>,
    principal: Option<&'a StrBytes>,
    host: Option<&'a StrBytes>,
    operation: i8,
    permission: i8,
}

fn fields(filter: &DeleteAclsFilter) -> Fields<'_> {
    Fields {
        kind: filter.resource_type_filter,
        pattern: filter.pattern_type_filter,
        name: filter.resource_name_filter.as_ref(),
        principal: filter.principal_filter.as_ref(),
        host: filter.host_filter.as_ref(),
        operation: filter.operation,
        permission: filter.permission_type,
    }
}

/// Reads which ACLs are meant.
fn read(fields: &Fields<'_>) -> Result<Filter, Refusal> {
    fn word<T>(number: i8, of: fn(i8) -> Option<T>, filter: &str) -> Result<Option<T>, Refusal> {
        let unknown = || Refusal::new(ResponseError::InvalidRequest, format!("Unknown {filter}."));
        if number == ANY { Ok(None) } else { of(number).map(Some).ok_or_else(unknown) }
    }
    let text = |text: Option<&StrBytes>| text.map(ToString::to_string);
    Ok(Filter {
        kind: word(fields.kind, Kind::of, "patternFilter")?,
        named: match fields.pattern {
            MATCH => Named::Match,
            other => Named::As(word(other, Pattern::of, "patternFilter")?),
        },
        name: text(fields.name),
        principal: text(fields.principal),
        host: text(fields.host),
        operation: word(fields.operation, Operation::of, "entryFilter")?,
        permission: word(fields.permission, Permission::of, "entryFilter")?,
    })
}

/// Describes the ACLs of one resource.
fn described(about: &Resource, entries: &[Entry]) -> DescribeAclsResource {
    let acls = entries.iter().map(|entry| {
        AclDescription::default()
            .with_principal(text(&entry.principal))
            .with_host(text(&entry.host))
            .with_operation(entry.operation.number())
            .with_permission_type(entry.permission.number())
    });
    DescribeAclsResource::default()
        .with_resource_type(about.kind.number())
        .with_resource_name(text(&about.name))
        .with_pattern_type(about.pattern.number())
        .with_acls(acls.collect())
}

/// Says which ACLs are gone.
fn deleted(outcome: Result<BTreeMap<Resource, Vec<Entry>>, Refusal>) -> DeleteAclsFilterResult {
    let gone = match outcome {
        Ok(gone) => gone,
        Err(refusal) => {
            return DeleteAclsFilterResult::default()
                .with_error_code(refusal.error.code())
                .with_error_message(said(&refusal));
        }
    };
    let matching = gone.iter().flat_map(|(about, entries)| {
        entries.iter().map(|entry| {
            DeleteAclsMatchingAcl::default()
                .with_error_message(None)
                .with_resource_type(about.kind.number())
                .with_resource_name(text(&about.name))
                .with_pattern_type(about.pattern.number())
                .with_principal(text(&entry.principal))
                .with_host(text(&entry.host))
                .with_operation(entry.operation.number())
                .with_permission_type(entry.permission.number())
        })
    });
    DeleteAclsFilterResult::default()
        .with_error_message(None)
        .with_matching_acls(matching.collect())
}
