//! What no client should do: the sandbox ends that connection and lives on. Only of the sandbox: a
//! real broker is not ours to attack.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use bytes::BytesMut;
use flowctl::clock::Deadline;
use kafka_protocol::messages::{ApiKey, MetadataRequest};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::broker::{Broker, unique};
use crate::every_version;
use crate::records::{FETCH, fetch, fetch_request, produce, record, topic};
use crate::topics::create;

/// How many seconds the fuzzing takes; ten minutes found nothing before a release.
const FUZZ_SECONDS: &str = "FLOWCTL_FUZZ_SECONDS";

/// The bytes of a frame's length.
const LENGTH: usize = 4;

/// Sends bytes and waits for the end of the connection.
fn is_closed_after(broker: &Broker, bytes: &[u8]) -> bool {
    let mut stream = TcpStream::connect(broker.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // It may close before it has read all.
    let _cut = stream.write_all(bytes).is_err();
    let mut answer = Vec::new();
    match stream.read_to_end(&mut answer) {
        Ok(_) => true,
        // What it has not read yet ends the connection like this.
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    }
}

/// Tells whether others are still served.
fn lives(broker: &Broker) -> bool {
    create(&mut broker.connect(), &unique("alive"), 1) != uuid::Uuid::nil()
}

#[test]
fn garbage_ends_a_connection_and_nothing_else() {
    let broker = Broker::sandbox();
    let garbage: [&[u8]; 7] = [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        &[0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3],
        &[0xff; 64],
        &[0x7f, 0xff, 0xff, 0xff, 0, 3, 0, 12],
        &[0, 0, 0, 0],
        // An API that is none, and one in a version that is not offered.
        &[0, 0, 0, 10, 0x7f, 0, 0, 0, 0, 0, 0, 1, 0, 0],
        &[0, 0, 0, 10, 0, 3, 0, 99, 0, 0, 0, 1, 0, 0],
    ];
    for bytes in garbage {
        assert!(is_closed_after(&broker, bytes), "{bytes:?}");
        assert!(lives(&broker));
    }
}

#[test]
fn a_list_longer_than_memory_is_refused() {
    let broker = Broker::sandbox();
    // Metadata in version 1 with 2³¹ − 1 topics.
    let mut request = vec![0, 0, 0, 14, 0, 3, 0, 1, 0, 0, 0, 1, 0xff, 0xff];
    request.extend(i32::MAX.to_be_bytes());
    assert!(is_closed_after(&broker, &request));
    assert!(lives(&broker));
}

#[test]
fn half_requests_and_clients_that_never_read_are_nobody_elses_trouble() {
    let broker = Broker::sandbox();
    let topic = unique("unread");
    create(&mut broker.connect(), &topic, 1_000);
    let mut half = TcpStream::connect(broker.address()).unwrap();
    half.write_all(&[0, 0, 1, 0, 0, 3]).unwrap();
    let mut greedy = broker.connect();
    for _ in 0..200 {
        greedy.send(9, &MetadataRequest::default().with_topics(None));
    }
    assert!(lives(&broker));
    drop((half, greedy));
    assert!(lives(&broker));
}

/// Long before a client that stalls is given up.
const AT_ONCE: Duration = Duration::from_secs(5);

#[test]
fn what_is_announced_and_not_sent_takes_nothing_from_others() {
    let broker = Broker::sandbox();
    let (topic, mut client) = topic(&broker);
    let size = 32_i32 << 20;
    let announced = [&size.to_be_bytes()[..], &[0, 0, 0, 11, 0, 0, 0, 1]].concat();
    let stalled: Vec<_> = (0..40)
        .map(|_| {
            let mut stream = TcpStream::connect(broker.address()).unwrap();
            stream.write_all(&announced).unwrap();
            stream
        })
        .collect();
    let at_once = Deadline::after(AT_ONCE);
    let large = [record(0, &"v".repeat(900_000))];
    assert_eq!(produce(&mut client, &topic, &[large.as_slice(); 2]), 1);
    assert!(!at_once.has_passed());
    drop(stalled);
}

#[test]
fn answers_that_nobody_reads_take_nothing_from_others() {
    let broker = Broker::sandbox();
    let (topic, mut client) = topic(&broker);
    let large = [record(0, &"v".repeat(900_000))];
    produce(&mut client, &topic, &[large.as_slice(); 60]);
    let mut all = fetch_request(&topic, 0, 0).with_max_bytes(i32::MAX);
    all.topics[0].partitions[0].partition_max_bytes = i32::MAX;
    let stalled: Vec<_> = (0..12)
        .map(|_| {
            let mut client = broker.connect();
            client.send(FETCH, &all);
            client.wait_for_answer();
            client
        })
        .collect();
    let at_once = Deadline::after(AT_ONCE);
    for offset in 0..3 {
        let fetched = fetch(&mut client, &topic, offset);
        assert!(fetched.records.is_some_and(|records| !records.is_empty()));
    }
    assert!(!at_once.has_passed());
    drop(stalled);
}

#[test]
fn a_thousand_connections_are_served() {
    let broker = Broker::sandbox();
    let mut clients: Vec<_> = (0..1_000).map(|_| broker.connect()).collect();
    let request = MetadataRequest::default().with_topics(Some(Vec::new()));
    for client in &mut clients {
        client.send(9, &request);
    }
    for client in &mut clients {
        assert_eq!(client.receive::<MetadataRequest>(9).brokers.len(), 1);
    }
}

/// Sends what looks like requests, most of them broken, for as long as the environment says.
#[test]
fn broken_requests_never_make_it_panic() {
    #[expect(clippy::disallowed_methods, reason = "how long to look is told from outside")]
    let seconds = std::env::var(FUZZ_SECONDS).ok().map_or(3, |text| text.parse().unwrap());
    let (broker, requests) = (Broker::sandbox(), every_version::requests());
    let until = Deadline::after(Duration::from_secs(seconds));
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| break_requests(&broker, &requests, until));
        }
    });
    assert!(lives(&broker));
}

/// Sends such requests with some bytes changed, cut off, or in another version or of another call.
fn break_requests(broker: &Broker, requests: &[BytesMut], until: Deadline) {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8);
    let inputs = (
        any::<prop::sample::Index>(),
        changes,
        any::<Option<prop::sample::Index>>(),
        prop::option::weighted(0.2, (0..=70_i16, 0..=14_i16)),
    );
    let mut runner = TestRunner::new(Config { cases: 200, ..Config::default() });
    while !until.has_passed() {
        let sent = runner.run(&inputs, |(which, changes, cut, api)| {
            let mut body = which.get(requests)[LENGTH..].to_vec();
            if let Some((key, version)) = api.filter(|(key, _)| ApiKey::try_from(*key).is_ok()) {
                body[..2].copy_from_slice(&key.to_be_bytes());
                body[2..4].copy_from_slice(&version.to_be_bytes());
            }
            for (place, byte) in changes {
                let at = place.index(body.len());
                body[at] = byte;
            }
            if let Some(cut) = cut {
                body.truncate(cut.index(body.len()).max(8));
            }
            let length = i32::try_from(body.len()).unwrap().to_be_bytes();
            let mut stream = TcpStream::connect(broker.address()).unwrap();
            stream.write_all(&[&length[..], &body].concat()).unwrap();
            // Nothing more comes, so the end of the answer is the end of the connection; some calls
            // wait for what never comes.
            let _closed = stream.shutdown(Shutdown::Write).is_err();
            stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
            let _answered = stream.read_to_end(&mut Vec::new()).is_ok();
            Ok(())
        });
        sent.unwrap();
    }
}
