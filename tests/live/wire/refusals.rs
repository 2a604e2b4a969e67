//! What brokers refuse, and what flowctl says about it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use flowctl::approval::{Approval, ApprovedBy};
use flowctl::clock::Deadline;
use flowctl::exit::Exit;
use flowctl::kafka::{Cluster, Error, Mode, Stability};
use flowctl::model::config_entry::{ConfigChange, ConfigResource};
use flowctl::model::name::{GroupId, TopicName};
use flowctl::model::offset::{IsolationLevel, OffsetQuery, TopicPartition};
use flowctl::model::topic::NewTopic;

use super::{run, settings, soon, try_connect};
use crate::home::{Home, unique};
use crate::support::{kafka, secure_kafka};

/// Fails to connect and returns message, hint and exit code.
fn refused(brokers: &str, file: Option<&str>, lines: &str) -> (String, String, Exit) {
    let error = run(try_connect(brokers, file, lines)).unwrap_err();
    (error.to_string(), error.hint().unwrap_or_default(), error.exit())
}

fn ca() -> String {
    format!("ssl.ca.location={}", secure_kafka().variable("FLOWCTL_DEV_CA"))
}

/// The lines of a SASL connection over TLS.
fn sasl(mechanism: &str, user: &str, password: &str) -> String {
    format!(
        "security.protocol=SASL_SSL\n{}\nsasl.mechanism={mechanism}\nsasl.username={user}\n\
         sasl.password={password}",
        ca()
    )
}

#[test]
fn every_mechanism_works() {
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let lines = sasl(mechanism, "alice", "alice-secret");
        run(try_connect(secure_kafka().brokers(), None, &lines)).unwrap();
    }
}

#[test]
fn a_wrong_password_is_named_at_once_and_not_shown() {
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let lines = sasl(mechanism, "alice", "not-the-password");
        let (message, hint, exit) = refused(secure_kafka().brokers(), None, &lines);
        assert!(message.contains(&format!("with {mechanism} failed: ")), "{message}");
        assert!(message.to_lowercase().contains("invalid"), "{message}");
        assert_eq!(hint, "check the user name and the password");
        assert_eq!(exit, Exit::NotAuthorised);
        assert!(!message.contains("not-the-password"));
    }
}

#[test]
fn tls_and_plaintext_do_not_mix() {
    let (message, hint, exit) =
        refused(kafka().brokers(), None, &format!("security.protocol=SSL\n{}", ca()));
    assert!(message.contains("the peer closed the connection during the handshake"), "{message}");
    assert!(hint.contains("security.protocol=PLAINTEXT"), "{hint}");
    assert_eq!(exit, Exit::Failed);

    let (message, hint, _) = refused(secure_kafka().brokers(), None, "");
    assert!(message.contains("the listener speaks TLS"), "{message}");
    assert!(hint.contains("SASL_SSL"), "{hint}");
}

#[test]
fn certificates_are_checked() {
    let secure = secure_kafka();
    let brokers = secure.brokers();
    let unknown = format!(
        "security.protocol=SSL\nssl.ca.location={}",
        secure.variable("FLOWCTL_DEV_UNKNOWN_CA")
    );
    let (message, hint, _) = refused(brokers, None, &unknown);
    assert!(message.contains("issued by an unknown authority"), "{message}");
    assert!(hint.contains("ssl.ca.location"), "{hint}");

    let admin = Some(secure.variable("FLOWCTL_DEV_ADMIN_PROPERTIES"));
    run(async {
        // The broker under an address that is not in its certificate.
        let other = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap();
        let address = other.local_addr().unwrap().to_string();
        tokio::spawn(forward(other, brokers));
        let error = try_connect(&address, admin, "").await.unwrap_err();
        let message = error.to_string();
        assert!(message.contains("not valid for `127.0.0.2`, only for"), "{message}");
        assert!(message.contains("localhost"), "{message}");
        let hint = error.hint().unwrap();
        assert!(hint.contains("ssl.endpoint.identification.algorithm=none"), "{hint}");

        let lenient = "ssl.endpoint.identification.algorithm=none";
        try_connect(&address, admin, lenient).await.unwrap();
        let unknown = secure.variable("FLOWCTL_DEV_UNKNOWN_CA");
        let still_checked = format!("{lenient}\nssl.truststore.location={unknown}");
        let error = try_connect(&address, admin, &still_checked).await.unwrap_err();
        assert!(error.to_string().contains("unknown authority"), "{error}");
        let blind = format!("{still_checked}\nenable.ssl.certificate.verification=false");
        try_connect(&address, admin, &blind).await.unwrap();
    });
}

/// Carries bytes between whoever connects and a broker.
async fn forward(from: tokio::net::TcpListener, to: &'static str) {
    loop {
        let (mut client, _) = from.accept().await.unwrap();
        let mut broker = tokio::net::TcpStream::connect(to).await.unwrap();
        tokio::spawn(async move {
            drop(tokio::io::copy_bidirectional(&mut client, &mut broker).await);
        });
    }
}

#[test]
fn a_listener_with_mutual_tls_wants_a_certificate() {
    let secure = secure_kafka();
    let brokers = secure.variable("FLOWCTL_DEV_MTLS_BROKERS");
    let without = format!("security.protocol=SSL\n{}", ca());
    let (message, hint, _) = refused(brokers, None, &without);
    assert!(message.contains("requires a client certificate"), "{message}");
    assert!(hint.contains("ssl.certificate.location"), "{hint}");

    let certificate = secure.variable("FLOWCTL_DEV_MTLS_CERTIFICATE");
    let with = |key: &str| {
        format!("{without}\nssl.certificate.location={certificate}\nssl.key.location={key}")
    };
    run(try_connect(brokers, None, &with(secure.variable("FLOWCTL_DEV_MTLS_KEY")))).unwrap();

    let home = Home::new();
    let key = home.write("key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n");
    let (message, _, exit) = refused(brokers, None, &with(key.to_str().unwrap()));
    assert!(message.contains("is encrypted"), "{message}");
    assert_eq!(exit, Exit::Usage);
}

#[test]
fn sasl_and_listeners_without_it_do_not_mix() {
    let lines = "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username=a\n\
                 sasl.password=b";
    let (message, hint, exit) = refused(kafka().brokers(), None, lines);
    assert!(message.contains("this listener does not use SASL"), "{message}");
    assert!(hint.contains("PLAINTEXT"), "{hint}");
    assert_eq!(exit, Exit::NotAuthorised);

    let without = format!("security.protocol=SSL\n{}", ca());
    let (message, hint, exit) = refused(secure_kafka().brokers(), None, &without);
    assert!(message.contains("the listener requires SASL and offers"), "{message}");
    assert!(hint.contains("security.protocol=SASL_SSL"), "{hint}");
    assert_eq!(exit, Exit::NotAuthorised);
}

#[test]
fn nobody_at_the_address_ends_at_the_deadline() {
    // A port that was free a moment ago.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let error = run(async {
        let deadline = Deadline::after(Duration::from_millis(700));
        let settings = settings(&format!("{free},localhost:1"), None, "").unwrap();
        let error = Cluster::connect(&settings, deadline).await.unwrap_err();
        assert!(deadline.left() < Duration::from_millis(400), "it tried once only");
        error
    });
    let expected = format!("cannot reach {free}, localhost:1: connection refused");
    assert_eq!(error.to_string(), expected);
    assert_eq!(error.exit(), Exit::Unreachable);
}

#[test]
fn a_web_server_is_named() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap().to_string();
    let answering = std::thread::spawn(move || {
        let (mut stream, _) = server.accept().unwrap();
        let mut request = [0; 64];
        assert!(stream.read(&mut request).unwrap() > 0);
        stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    });
    let (message, _, exit) = refused(&address, None, "");
    assert!(message.contains("speaks HTTP"), "{message}");
    assert_eq!(exit, Exit::Failed);
    answering.join().unwrap();
}

/// Every call of a user without any right, with the operation and the resource that it names.
#[test]
fn missing_rights_are_named() {
    let secure = secure_kafka();
    let topic = TopicName::new(secure.new_topic("wire-denied", 1));
    let group = GroupId::new(unique("wire-denied"));
    let partition = TopicPartition::new(topic.clone(), 0);
    let resource = ConfigResource::Topic(topic.clone());
    let end = (partition.clone(), OffsetQuery::Latest);
    run(async {
        let nobody = secure.variable("FLOWCTL_DEV_NOBODY_PROPERTIES");
        let settings = settings(secure.brokers(), Some(nobody), "").unwrap();
        let cluster = Cluster::connect(&settings, soon()).await.unwrap();
        let topics = std::slice::from_ref(&topic);
        let groups = std::slice::from_ref(&group);
        let new = NewTopic {
            name: TopicName::new(unique("wire-denied")),
            partitions: 1,
            replication: 1,
            configs: BTreeMap::new(),
        };
        let counts = BTreeMap::from([(topic.clone(), 2)]);
        let changes = BTreeMap::from([(
            resource.clone(),
            BTreeMap::from([("retention.ms".to_owned(), ConfigChange::Delete)]),
        )]);
        let refusals = [
            only(cluster.topics(topics, soon()).await),
            only(
                cluster.create_topics(std::slice::from_ref(&new), Mode::ValidateOnly, soon()).await,
            ),
            only(cluster.create_partitions(&counts, Mode::ValidateOnly, soon()).await),
            only(cluster.describe_configs(&[resource], soon()).await),
            only(cluster.alter_configs(&changes, Mode::ValidateOnly, soon()).await),
            only(cluster.offsets(&[end], IsolationLevel::ReadCommitted, soon()).await),
            only(cluster.describe_groups(groups, soon()).await),
            only(cluster.committed_offsets(groups, Stability::AsIs, soon()).await),
            only(cluster.delete_topics(topics, Approval::given(ApprovedBy::Flag), soon()).await),
            only(cluster.describe_configs(&[ConfigResource::Broker(1)], soon()).await),
        ];
        let told: Vec<_> = refusals.iter().map(ToString::to_string).collect();
        let of_topic = |operation| {
            format!(
                "not authorised: {operation} on topic `{topic}` was refused \
                 (TOPIC_AUTHORIZATION_FAILED)"
            )
        };
        let of_group = format!(
            "not authorised: DESCRIBE on group `{group}` was refused (GROUP_AUTHORIZATION_FAILED)"
        );
        let expected = [
            of_topic("DESCRIBE"),
            format!(
                "not authorised: CREATE on topic `{}` was refused (TOPIC_AUTHORIZATION_FAILED)",
                new.name
            ),
            of_topic("ALTER"),
            of_topic("DESCRIBE_CONFIGS"),
            of_topic("ALTER_CONFIGS"),
            of_topic("DESCRIBE"),
            of_group.clone(),
            of_group,
            of_topic("DELETE"),
            "not authorised: DESCRIBE_CONFIGS on the cluster was refused \
             (CLUSTER_AUTHORIZATION_FAILED)"
                .to_owned(),
        ];
        assert_eq!(told, expected);
        assert!(refusals.iter().all(|error| error.exit() == Exit::NotAuthorised));
        let hint = refusals.first().unwrap().hint().unwrap();
        assert!(hint.contains("does not exist, or you may not describe it"), "{hint}");
        // What a user may not see, a broker leaves out without a word.
        assert!(!cluster.all_topics(soon()).await.unwrap().contains_key(&topic));
    });
}

/// Returns the one error of a call with one item.
fn only<K, V: std::fmt::Debug>(results: Result<flowctl::kafka::PerItem<K, V>, Error>) -> Error {
    results.unwrap().into_values().next().unwrap().unwrap_err()
}
