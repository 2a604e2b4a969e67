//! What ACLs decide, as a table.

use std::net::Ipv4Addr;

use kafka_protocol::ResponseError;

use super::needs::*;
use super::*;

const HOME: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// Returns somebody.
fn who(access: &Access, name: &str) -> Who {
    let mut session = Session::new(Arc::clone(access.users()));
    session.choose("PLAIN", Tokens::Wrapped).unwrap();
    session.authenticate(format!("\0{name}\0secret").as_bytes(), "").unwrap();
    Who::of(&session, HOME)
}

/// Reads an ACL: permission, principal, operation, kind, pattern, name, and a host where it
/// matters.
fn acl(text: &str) -> (Resource, Entry) {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (words, host) = match words.as_slice() {
        [permission, principal, operation, kind, pattern, name, rest @ ..] => (
            [*permission, principal, operation, kind, pattern, name],
            rest.first().copied().unwrap_or("*"),
        ),
        _ => panic!("{text}"),
    };
    let [permission, principal, operation, kind, pattern, name] = words;
    let operation = match operation {
        "all" => Operation::All,
        "read" => Operation::Read,
        "write" => Operation::Write,
        "describe" => Operation::Describe,
        "alter-configs" => Operation::AlterConfigs,
        other => panic!("{other}"),
    };
    let kind = match kind {
        "topic" => Kind::Topic,
        "group" => Kind::Group,
        "cluster" => Kind::Cluster,
        other => panic!("{other}"),
    };
    let pattern = if pattern == "prefixed" { Pattern::Prefixed } else { Pattern::Literal };
    let permission = if permission == "deny" { Permission::Deny } else { Permission::Allow };
    let entry = Entry {
        principal: format!("User:{principal}"),
        host: host.to_owned(),
        operation,
        permission,
    };
    (Resource { kind, pattern, name: name.to_owned() }, entry)
}

/// Makes a broker's rights with ACLs.
fn access(acls: &[&str]) -> Access {
    let users = ["admin:secret", "alice:secret", "bob:secret"];
    let mut access = Access::new(Users::new(users.map(|user| User::parse(user).unwrap()).into()));
    for text in acls {
        let (resource, entry) = acl(text);
        access.create(resource, entry).unwrap();
    }
    access
}

#[test]
fn acls_decide() {
    for (acls, need, name, is_allowed) in [
        (&[][..], READ_TOPIC, "orders", false),
        (&["allow alice read topic literal orders"], READ_TOPIC, "orders", true),
        (&["allow alice read topic literal orders"], READ_TOPIC, "orders2", false),
        (&["allow alice read topic literal orders"], READ_TOPIC, "order", false),
        (&["allow alice read topic literal orders"], WRITE_TOPIC, "orders", false),
        (&["allow alice read group literal orders"], READ_TOPIC, "orders", false),
        (&["allow bob read topic literal orders"], READ_TOPIC, "orders", false),
        (&["allow * read topic literal orders"], READ_TOPIC, "orders", true),
        (&["allow alice read topic literal *"], READ_TOPIC, "orders", true),
        (&["allow alice read topic prefixed ord"], READ_TOPIC, "orders", true),
        (&["allow alice read topic prefixed orders"], READ_TOPIC, "orders", true),
        (&["allow alice read topic prefixed orders2"], READ_TOPIC, "orders", false),
        (&["allow alice read topic prefixed *"], READ_TOPIC, "orders", false),
        (&["allow alice read topic prefixed ä"], READ_TOPIC, "äö", true),
        // What is implied, and what is not.
        (&["allow alice read topic literal orders"], SEE_TOPIC, "orders", true),
        (&["allow alice write topic literal orders"], SEE_TOPIC, "orders", true),
        (&["allow alice describe topic literal orders"], READ_TOPIC, "orders", false),
        (&["allow alice read topic literal orders"], SEE_TOPIC_CONFIGS, "orders", false),
        (&["allow alice alter-configs topic literal orders"], SEE_TOPIC_CONFIGS, "orders", true),
        (&["allow alice alter-configs topic literal orders"], SEE_TOPIC, "orders", false),
        (&["allow alice all topic literal orders"], DELETE_TOPIC, "orders", true),
        // Who is denied is denied, whoever else is allowed.
        (
            &["allow alice all topic literal orders", "deny * read topic prefixed o"],
            READ_TOPIC,
            "orders",
            false,
        ),
        (
            &["allow alice all topic prefixed o", "deny alice all topic literal *"],
            SEE_TOPIC,
            "orders",
            false,
        ),
        (
            &["allow alice all topic literal orders", "deny alice read topic literal orders"],
            SEE_TOPIC,
            "orders",
            true,
        ),
        (
            &["allow alice read topic literal orders", "deny alice describe topic literal orders"],
            SEE_TOPIC,
            "orders",
            false,
        ),
        // Where it comes from.
        (&["allow alice read topic literal orders 127.0.0.1"], READ_TOPIC, "orders", true),
        (&["allow alice read topic literal orders 10.0.0.1"], READ_TOPIC, "orders", false),
    ] {
        let access = access(acls);
        let allowed = access.allows(&who(&access, "alice"), need, name);
        assert_eq!(allowed, is_allowed, "{need:?} {name} by {acls:?}");
        assert!(access.allows(&who(&access, "admin"), need, name), "the first user may");
    }
}

#[test]
fn any_topic_is_one_that_is_not_denied() {
    for (acls, is_allowed) in [
        (&[][..], false),
        (&["allow alice write topic literal orders"], true),
        (&["allow alice read topic literal orders"], false),
        (&["allow alice all topic prefixed o"], true),
        (&["allow bob write topic literal orders"], false),
        (&["allow alice write topic literal orders", "deny alice write topic literal *"], false),
        (
            &["allow alice write topic literal orders", "deny alice write topic literal orders"],
            false,
        ),
        (&["allow alice write topic literal orders", "deny alice all topic prefixed ord"], false),
        (&["allow alice write topic prefixed o", "deny alice write topic literal orders"], true),
        (&["allow alice write topic prefixed o", "deny alice write topic prefixed o"], false),
        (&["allow alice write topic literal *", "deny alice write topic prefixed o"], true),
    ] {
        let access = access(acls);
        assert_eq!(access.allows_any(&who(&access, "alice"), WRITE_TOPIC), is_allowed, "{acls:?}");
    }
}

#[test]
fn without_users_everybody_may_do_everything() {
    let access = Access::default();
    let nobody = Who::of(&Session::new(Arc::default()), HOME);
    assert!(access.allows(&nobody, DELETE_TOPIC, "orders"));
    assert!(access.allows_any(&nobody, WRITE_TOPIC));
    assert_eq!(access.operations(&nobody, Kind::Topic, "orders"), 0b1101_1111_1000);
}

#[test]
fn operations_are_bits() {
    let access = access(&["allow alice read topic literal orders"]);
    let alice = who(&access, "alice");
    assert_eq!(access.operations(&alice, Kind::Topic, "orders"), 1 << 3 | 1 << 8);
    assert_eq!(access.operations(&alice, Kind::Cluster, CLUSTER), 0);
}

#[test]
fn a_refusal_names_the_kind_of_thing() {
    let access = access(&[]);
    let alice = who(&access, "alice");
    for (need, error) in [
        (READ_TOPIC, ResponseError::TopicAuthorizationFailed),
        (READ_GROUP, ResponseError::GroupAuthorizationFailed),
        (ALTER_CLUSTER, ResponseError::ClusterAuthorizationFailed),
        (WRITE_TRANSACTIONAL_ID, ResponseError::TransactionalIdAuthorizationFailed),
    ] {
        assert_eq!(access.check(&alice, need, "x").unwrap_err().error, error);
    }
}

fn every() -> Filter {
    Filter {
        kind: None,
        named: Named::As(None),
        name: None,
        principal: None,
        host: None,
        operation: None,
        permission: None,
    }
}

#[test]
fn filters_find_what_they_name() {
    let access = access(&[
        "allow alice read topic literal orders",
        "allow alice read topic prefixed ord",
        "deny bob write topic literal *",
        "allow alice read group literal orders",
    ]);
    let found = |filter: Filter| {
        let found = access.find(&filter);
        found.into_keys().map(|resource| resource.name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(found(every()), "* orders ord orders");
    let named = |named| Filter { name: Some("orders".to_owned()), named, ..every() };
    assert_eq!(found(named(Named::As(None))), "orders orders");
    assert_eq!(found(named(Named::As(Some(Pattern::Prefixed)))), "");
    assert_eq!(found(named(Named::Match)), "* orders ord orders");
    assert_eq!(found(Filter { kind: Some(Kind::Group), ..every() }), "orders");
    assert_eq!(found(Filter { principal: Some("User:bob".to_owned()), ..every() }), "*");
    assert_eq!(found(Filter { operation: Some(Operation::Write), ..every() }), "*");
    assert_eq!(found(Filter { permission: Some(Permission::Deny), ..every() }), "*");
    assert_eq!(found(Filter { host: Some("10.0.0.1".to_owned()), ..every() }), "");
}

#[test]
fn what_is_deleted_is_gone() {
    let mut access =
        access(&["allow alice read topic literal orders", "allow bob read topic literal orders"]);
    let bobs = access.find(&Filter { principal: Some("User:bob".to_owned()), ..every() });
    access.delete(&bobs);
    access.delete(&bobs);
    let left: Vec<Entry> = access.find(&every()).into_values().flatten().collect();
    assert_eq!(left.len(), 1);
    assert!(access.allows(&who(&access, "alice"), READ_TOPIC, "orders"));
    assert!(!access.allows(&who(&access, "bob"), READ_TOPIC, "orders"));
}

#[test]
fn an_acl_needs_a_name_and_the_cluster_has_one() {
    let mut access = access(&[]);
    let (mut resource, entry) = acl("allow alice all cluster literal mine");
    let refusal = access.create(resource.clone(), entry.clone()).unwrap_err();
    assert_eq!(refusal.error, ResponseError::InvalidRequest);
    resource.name = CLUSTER.to_owned();
    access.create(resource.clone(), entry.clone()).unwrap();
    resource.kind = Kind::Topic;
    resource.name.clear();
    assert!(access.create(resource, entry).is_err());
}

#[test]
fn names_take_only_so_much_memory() {
    let mut access = access(&[]);
    let (resource, entry) = acl("allow alice read topic literal orders");
    let long = |letter: &str| Resource { name: letter.repeat(9 << 20), ..resource.clone() };
    for _ in 0..2 {
        for _ in 0..2 {
            access.create(long("a"), entry.clone()).unwrap();
        }
        let refused = access.create(long("b"), entry.clone()).unwrap_err();
        assert_eq!(refused.error, ResponseError::PolicyViolation);
        access.create(resource.clone(), entry.clone()).unwrap();
        access.delete(&access.find(&every()));
    }
}
