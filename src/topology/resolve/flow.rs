//! A flow: its main topic, its consumers, its retry topics.

use std::collections::BTreeMap;

use crate::model::name::{FlowId, GroupId, TopicName};
use crate::topology::document::{Consumer, Flow};
use crate::topology::naming::{fill, uses};
use crate::topology::pattern::NamePattern;
use crate::topology::resolved::{
    ImmediateRetry, LagBudget, Layer, Protect, ResolvedConsumer, ResolvedDlq, ResolvedFlow,
    ResolvedProducer, ResolvedRetryTopic, ResolvedTopic, Role,
};
use crate::topology::source::Findings;
use crate::topology::{CLEANUP, RETENTION};

use super::classes;
use super::dlq::{self, Dlqs};
use super::layers::{Layers, built_in};
use super::names::Names;
use super::scope::Scope;
use super::topic::{Identity, check_requirements, finish};

/// The config that a record must pass in every topic of its flow.
const MAX_MESSAGE_BYTES: &str = "max.message.bytes";

/// A flow whose main topic is resolved: what its other topics are made from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Base<'a> {
    pub id: &'a str,
    pub flow: &'a Flow,
    pub main: &'a ResolvedTopic,
    /// The settings of the main topic, bounds put on.
    pub layers: &'a Layers,
    pub scope: &'a Scope<'a>,
}

/// Resolves a flow.
pub(super) fn resolve(
    id: &str,
    flow: &Flow,
    scope: &Scope<'_>,
    names: &mut Names,
    findings: &mut Findings<'_>,
) -> ResolvedFlow {
    let mut layers = Layers::default();
    if let Some(class) = &flow.class {
        for (name, class) in classes::chain(&class.value, scope.document) {
            layers.put(&class.settings, &Layer::Class(name.to_owned()), scope);
        }
    }
    layers.put(&flow.settings, &Layer::Flow, scope);
    let main = main(id, flow, &mut layers, scope, names, findings);
    let base = Base { id, flow, main: &main, layers: &layers, scope };
    let retries = retries(&base, names, findings);
    let dlqs = dlq::dlqs(&base, &retries, names, findings);
    let consumers = consumers(&base, &retries, &dlqs);
    let Dlqs { all: dlqs, of_consumer: _ } = dlqs;
    check_partitions(&base, &retries, &dlqs, findings);
    let producers = flow.producers.iter().map(|(id, producer)| {
        let producer = ResolvedProducer {
            id: id.clone(),
            idempotent: producer.idempotent,
            transactional_id: producer.transactional_id.clone(),
        };
        (id.clone(), producer)
    });
    let names = base.patterns();
    let resolved = ResolvedFlow {
        id: FlowId::new(id),
        owner: flow.owner.clone(),
        description: flow.description.clone(),
        retries,
        dlqs,
        consumers,
        producers: producers.collect(),
        key: flow.key.clone(),
        schema: flow.schema.clone(),
        dead_letters: flow.dead_letters,
        names,
        declared_at: scope.source.declared_at(flow.place),
        main,
    };
    let topics: Vec<_> = resolved.topics().collect();
    check_requirements(&topics, scope, flow.place, findings);
    resolved
}

fn main(
    id: &str,
    flow: &Flow,
    layers: &mut Layers,
    scope: &Scope<'_>,
    names: &mut Names,
    findings: &mut Findings<'_>,
) -> ResolvedTopic {
    let keyed = flow.key.is_some();
    if let Some(external) = &flow.external {
        let name = TopicName::new(external.value.clone());
        names.refer(&name, external.place, findings);
        return ResolvedTopic {
            name,
            role: Role::Main,
            external: true,
            partitions: layers.partitions.clone(),
            replication: None,
            configs: BTreeMap::new(),
            protect: layers.protect.unwrap_or(Protect::Standard),
            keyed,
            declared_at: scope.source.declared_at(flow.place),
        };
    }
    let template = flow.main.as_ref().unwrap_or(&scope.document.naming.main);
    let name = fill(&template.value, &[("namespace", scope.namespace()), ("flow", id)]);
    let name = TopicName::new(name);
    names.take(&name, flow.place, &scope.document.naming.rules, findings);
    layers.clamp(Role::Main, scope);
    let identity = Identity { name, role: Role::Main, keyed, place: flow.place };
    finish(identity, layers, scope, findings)
}

impl Base<'_> {
    /// Gives the settings that retry topics and DLQs start from. As many partitions as the main
    /// topic has: else a redrive cannot keep the partition. Records are deleted by time, never
    /// compacted: two dead letters of one key are two records.
    pub(super) fn inherited(&self) -> Layers {
        let mut configs = BTreeMap::new();
        configs.insert(CLEANUP.to_owned(), built_in("delete".to_owned()));
        for name in [MAX_MESSAGE_BYTES, RETENTION] {
            if let Some(config) = self.layers.configs.get(name) {
                configs.insert(name.to_owned(), config.clone());
            }
        }
        Layers { configs, ..self.layers.clone() }
    }

    /// Makes a name from the placeholders that all its names share, and more.
    pub(super) fn name(&self, template: &str, more: &[(&str, &str)]) -> TopicName {
        let mut values = self.values().to_vec();
        values.extend(more);
        TopicName::new(fill(template, &values))
    }
}

impl<'a> Base<'a> {
    fn values(&self) -> [(&'static str, &'a str); 3] {
        let main = self.main.name.as_str();
        [("namespace", self.scope.namespace()), ("flow", self.id), ("main", main)]
    }

    /// Returns the names that its retry topics and DLQs could have, whoever its consumers are.
    fn patterns(&self) -> Vec<NamePattern> {
        let naming = &self.scope.document.naming;
        let dlq = naming.dlq.value.as_str();
        let with_consumer = (!uses(dlq, "consumer")).then(|| dlq::own_template(dlq));
        let templates = [(Role::Retry, naming.retry.value.as_str()), (Role::Dlq, dlq)];
        templates
            .into_iter()
            .chain(with_consumer.as_deref().map(|template| (Role::Dlq, template)))
            .filter_map(|(role, template)| NamePattern::new(role, template, &self.values()))
            .collect()
    }
}

fn retries(
    base: &Base<'_>,
    names: &mut Names,
    findings: &mut Findings<'_>,
) -> Vec<ResolvedRetryTopic> {
    let Base { flow, main, scope, .. } = base;
    let naming = &scope.document.naming;
    let template = naming.retry.value.as_str();
    let with_tiers = flow.consumers.iter().flatten().filter_map(|(id, consumer)| {
        let tiers = consumer.tiers.as_ref()?;
        Some((id, tiers))
    });
    let mut retries = Vec::new();
    for (number, (consumer, tiers)) in with_tiers.enumerate() {
        if number > 0 && !uses(template, "consumer") {
            let message = "a second consumer with retry topics: the names would be the same";
            let hint = "set `naming.retry`, for example to \"{main}-retry-{consumer}-{tier}\"";
            findings.error_with_hint(tiers.place, "retry_name", message, hint);
            continue;
        }
        let mut layers = base.inherited();
        layers.put(&tiers.settings, &Layer::Flow, scope);
        layers.clamp(Role::Retry, scope);
        for (tier, delay) in (0_u32..).zip(&tiers.delays) {
            let name = base
                .name(template, &[("consumer", consumer.as_str()), ("tier", &tier.to_string())]);
            names.take(&name, tiers.place, &naming.rules, findings);
            let identity =
                Identity { name, role: Role::Retry, keyed: main.keyed, place: tiers.place };
            let topic = finish(identity, &layers, scope, findings);
            let consumer = consumer.clone();
            retries.push(ResolvedRetryTopic { topic, consumer, tier, delay: *delay });
        }
    }
    retries
}

fn consumers(
    base: &Base<'_>,
    retries: &[ResolvedRetryTopic],
    dlqs: &Dlqs,
) -> BTreeMap<String, ResolvedConsumer> {
    let resolve = |(id, consumer): (&String, &Consumer)| {
        let tiers = retries.iter().filter(|retry| retry.consumer == *id);
        let consumer = ResolvedConsumer {
            id: id.clone(),
            group: group(base, id, consumer),
            isolation: consumer.isolation,
            lag: LagBudget { max_records: consumer.max_records, max_age: consumer.max_age },
            immediate: consumer
                .immediate
                .map(|(attempts, delay)| ImmediateRetry { attempts, delay }),
            tiers: tiers.map(|retry| (retry.topic.name.clone(), retry.delay)).collect(),
            dlq: dlqs.of_consumer.get(id).cloned(),
            declared_at: base.scope.source.declared_at(consumer.place),
        };
        (id.clone(), consumer)
    };
    base.flow.consumers.iter().flatten().map(resolve).collect()
}

fn group(base: &Base<'_>, id: &str, consumer: &Consumer) -> GroupId {
    if let Some(group) = &consumer.group {
        return GroupId::new(group.value.clone());
    }
    let values = [("namespace", base.scope.namespace()), ("flow", base.id), ("consumer", id)];
    GroupId::new(fill(&base.scope.document.naming.group.value, &values))
}

/// An external topic's partitions are nobody's choice here, so the file must say how many there
/// are.
fn check_partitions(
    base: &Base<'_>,
    retries: &[ResolvedRetryTopic],
    dlqs: &[ResolvedDlq],
    findings: &mut Findings<'_>,
) {
    let Some(external) = &base.flow.external else { return };
    let topics = retries.iter().map(|r| &r.topic).chain(dlqs.iter().map(|dlq| &dlq.topic));
    if let Some(unknown) = topics.into_iter().find(|topic| topic.partitions.is_none()) {
        let message = format!(
            "`{}` needs as many partitions as `{}`, and the file does not say how many those are",
            unknown.name, external.value
        );
        let hint = "add `partitions` to the flow, or `dlq: none`";
        findings.error_with_hint(external.place, "partitions_unknown", message, hint);
    }
}
