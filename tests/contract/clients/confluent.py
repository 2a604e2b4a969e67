"""What programs do with confluent-kafka, on the broker named by the first argument.

Topics and groups begin with the second argument, so that several runs can share a broker.
"""

import sys
import time

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, Producer
from confluent_kafka import TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource
from confluent_kafka.admin import NewPartitions, NewTopic, OffsetSpec, ResourceType

brokers, prefix = sys.argv[1:]
COUNT = 100
PATIENCE = 30


def settings(**others):
    return {"bootstrap.servers": brokers, **{k.replace("_", "."): v for k, v in others.items()}}


def done(futures):
    """Returns the results of admin calls; the first one that failed fails the run."""
    return {key: future.result(PATIENCE) for key, future in futures.items()}


def until(is_so, *consumers):
    """Lets consumers poll until something is so."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it did not come to be so"
        for consumer in consumers:
            record = consumer.poll(0.05)
            if record is not None:
                assert record.error() is None, record.error()
                consumer.seen.append(record)


class Reader(Consumer):
    """A consumer that remembers what it has seen."""

    def __init__(self, topic, group, **others):
        super().__init__(
            settings(group_id=group, auto_offset_reset="earliest", enable_auto_commit=False, **others)
        )
        self.seen = []
        self.subscribe([topic])

    def share(self):
        return len(self.assignment())


admin = AdminClient(settings())
source, target = f"{prefix}-source", f"{prefix}-target"


def topics_are_made_and_described():
    new = [NewTopic(source, 2, 1, config={"retention.ms": "3600000"}), NewTopic(target, 1, 1)]
    done(admin.create_topics(new))
    until(lambda: {source, target} <= admin.list_topics(timeout=PATIENCE).topics.keys())
    try:
        done(admin.create_topics([NewTopic(source, 2, 1)]))
        raise AssertionError("it was there")
    except KafkaException as error:
        assert error.args[0].name() == "TOPIC_ALREADY_EXISTS"
    done(admin.create_partitions([NewPartitions(source, 4)]))
    described = lambda: done(admin.describe_topics(TopicCollection([source])))[source]
    until(lambda: len(described().partitions) == 4)
    resource = ConfigResource(ResourceType.TOPIC, source)
    resource.add_incremental_config(
        ConfigEntry("retention.ms", "7200000", incremental_operation=AlterConfigOpType.SET)
    )
    done(admin.incremental_alter_configs([resource]))
    plain = ConfigResource(ResourceType.TOPIC, source)
    config = lambda: done(admin.describe_configs([plain]))[plain]["retention.ms"].value
    until(lambda: config() == "7200000")


def every_record_is_reported():
    reports = []
    producer = Producer(settings(compression_type="zstd", enable_idempotence=True, linger_ms=5))
    for number in range(COUNT):
        producer.produce(
            source,
            key=f"key {number}",
            value=f"value {number}",
            headers=[("number", str(number))],
            on_delivery=lambda error, record: reports.append((error, record)),
        )
    assert producer.flush(PATIENCE) == 0
    assert [error for error, _ in reports] == [None] * COUNT
    places = {(record.partition(), record.offset()) for _, record in reports}
    assert len(places) == COUNT, "each has a place of its own"


def two_consumers_share_the_work(strategy):
    group = f"{prefix}-{strategy}"
    readers = [Reader(source, group, partition_assignment_strategy=strategy)]
    until(lambda: readers[0].share() == 4, *readers)
    readers.append(Reader(source, group, partition_assignment_strategy=strategy))
    until(lambda: [reader.share() for reader in readers] == [2, 2], *readers)
    members = done(admin.describe_consumer_groups([group]))[group].members
    assert sorted(len(member.assignment.topic_partitions) for member in members) == [2, 2]
    readers[0].close()
    until(lambda: readers[1].share() == 4, readers[1])
    # Nothing was committed, so the one that is left reads everything.
    numbers = lambda: {dict(record.headers())["number"] for record in readers[1].seen}
    until(lambda: len(numbers()) == COUNT, readers[1])
    committed = readers[1].commit(asynchronous=False)
    assert sum(partition.offset for partition in committed) == COUNT
    readers[1].close()


def records_are_carried_in_transactions():
    group = f"{prefix}-carried"
    reader = Reader(source, group, isolation_level="read_committed")
    carrier = Producer(settings(transactional_id=f"{prefix}-carrier"))
    carrier.init_transactions(PATIENCE)
    until(lambda: len(reader.seen) == COUNT, reader)
    for outcome in ("aborted", "committed"):
        carrier.begin_transaction()
        for record in reader.seen:
            carrier.produce(target, key=record.key(), value=f"{outcome} {record.value().decode()}")
        positions = reader.position(reader.assignment())
        carrier.send_offsets_to_transaction(positions, reader.consumer_group_metadata(), PATIENCE)
        stored = lambda: sum(max(it.offset, 0) for it in reader.committed(reader.assignment(), 10))
        if outcome == "aborted":
            carrier.abort_transaction(PATIENCE)
            assert stored() == 0, "what was aborted does not count"
        else:
            carrier.commit_transaction(PATIENCE)
            assert stored() == COUNT
    reader.close()
    carried = Reader(target, f"{prefix}-carried-again", isolation_level="read_committed")
    until(lambda: len(carried.seen) == COUNT, carried)
    assert all(record.value().startswith(b"committed value") for record in carried.seen)
    carried.close()
    successor = Producer(settings(transactional_id=f"{prefix}-carrier"))
    successor.init_transactions(PATIENCE)
    try:
        carrier.begin_transaction()
        carrier.produce(target, value="late")
        carrier.commit_transaction(PATIENCE)
        raise AssertionError("it was fenced")
    except KafkaException as error:
        assert error.args[0].name() in ("_FENCED", "PRODUCER_FENCED", "INVALID_PRODUCER_EPOCH")


def groups_and_records_are_looked_after():
    groups = [f"{prefix}-{name}" for name in ("range", "cooperative-sticky", "carried")]
    listed = admin.list_consumer_groups().result(PATIENCE)
    assert set(groups) <= {group.group_id for group in listed.valid}
    offsets = [TopicPartition(source, partition, 1) for partition in range(4)]
    wanted = ConsumerGroupTopicPartitions(groups[0], offsets)
    done(admin.alter_consumer_group_offsets([wanted]))
    asked = ConsumerGroupTopicPartitions(groups[0])
    stored = done(admin.list_consumer_group_offsets([asked]))[groups[0]].topic_partitions
    assert [partition.offset for partition in stored] == [1] * 4
    done(admin.delete_consumer_groups(groups))
    latest = {partition: OffsetSpec.latest() for partition in offsets}
    assert sum(it.offset for it in done(admin.list_offsets(latest)).values()) == COUNT
    done(admin.delete_records(offsets))
    earliest = {partition: OffsetSpec.earliest() for partition in offsets}
    assert {it.offset for it in done(admin.list_offsets(earliest)).values()} == {1}
    done(admin.delete_topics([source, target]))
    until(lambda: source not in admin.list_topics(timeout=PATIENCE).topics)


topics_are_made_and_described()
every_record_is_reported()
for strategy in ("range", "cooperative-sticky"):
    two_consumers_share_the_work(strategy)
records_are_carried_in_transactions()
groups_and_records_are_looked_after()
