//! The DLQs of a flow: shared where it stands under the flow, a consumer's own where under a
//! consumer.

use std::collections::BTreeMap;

use crate::model::name::TopicName;
use crate::topology::RETENTION;
use crate::topology::document::{Consumer, DlqChoice, DlqSettings, Located, RedriveTo};
use crate::topology::naming::uses;
use crate::topology::resolved::{Layer, ResolvedDlq, ResolvedRetryTopic, Role};
use crate::topology::source::{Findings, Place};

use super::flow::Base;
use super::layers::{built_in, is_longer, setting};
use super::names::Names;
use super::topic::{Identity, finish};

/// 30 days: long enough for somebody to come back from holiday and find the dead letters still
/// there.
const RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1000;

/// Three times: what failed four times will not be healed by sending it again.
const MAX_REDRIVES: u32 = 3;

/// The DLQs of a flow and who uses which.
#[derive(Debug, Default)]
pub(super) struct Dlqs {
    pub all: Vec<ResolvedDlq>,
    pub of_consumer: BTreeMap<String, TopicName>,
}

/// Makes the DLQs. A consumer that says nothing uses the flow's; the flow that says nothing has one
/// as soon as a consumer uses it.
pub(super) fn dlqs(
    base: &Base<'_>,
    retries: &[ResolvedRetryTopic],
    names: &mut Names,
    findings: &mut Findings<'_>,
) -> Dlqs {
    let consumers: Vec<_> = base.flow.consumers.iter().flatten().collect();
    let sharing: Vec<_> = consumers.iter().filter(|(_, c)| is_unsaid(c)).collect();
    let shared = match &base.flow.dlq {
        DlqChoice::Declared(settings) => Some((Some(settings.as_ref()), settings.place)),
        DlqChoice::Unsaid if !sharing.is_empty() => Some((None, base.flow.place)),
        DlqChoice::Unsaid | DlqChoice::None => None,
    };
    let own: Vec<_> = consumers.iter().filter_map(|(id, c)| Some((id.as_str(), own(c)?))).collect();
    let several = own.len() + usize::from(shared.is_some()) > 1;
    let mut dlqs = Dlqs::default();
    if let Some((settings, place)) = shared {
        let name = shared_name(base, place, findings);
        if let Some(Located { value: RedriveTo::Retry, place }) = settings.map(|s| &s.redrive_to) {
            let message = "a shared DLQ has no retry topics of its own";
            let hint = "move the `dlq` under the consumer, or use `redrive_to: main`";
            findings.error_with_hint(*place, "redrive_to", message, hint);
        }
        let to = base.main.name.clone();
        dlqs.of_consumer.extend(sharing.iter().map(|(id, _)| ((*id).clone(), name.clone())));
        dlqs.all.push(dlq(base, name, None, settings, (place, to), names, findings));
    }
    for (id, settings) in own {
        let name = own_name(base, id, several);
        let to = redrive_target(base, id, settings, retries, findings);
        dlqs.of_consumer.insert(id.to_owned(), name.clone());
        let target = (settings.place, to);
        dlqs.all.push(dlq(base, name, Some(id), Some(settings), target, names, findings));
    }
    dlqs
}

fn is_unsaid(consumer: &Consumer) -> bool {
    matches!(consumer.dlq, DlqChoice::Unsaid)
}

fn own(consumer: &Consumer) -> Option<&DlqSettings> {
    match &consumer.dlq {
        DlqChoice::Declared(settings) => Some(settings),
        DlqChoice::Unsaid | DlqChoice::None => None,
    }
}

fn shared_name(base: &Base<'_>, place: Place, findings: &mut Findings<'_>) -> TopicName {
    let template = &base.scope.document.naming.dlq.value;
    if uses(template, "consumer") {
        let message = "this DLQ is shared, but `naming.dlq` names DLQs by their consumer";
        let hint = "give every consumer its own `dlq`, or take `{consumer}` out of `naming.dlq`";
        findings.error_with_hint(place, "dlq_name", message, hint);
    }
    base.name(template, &[])
}

/// Names a consumer's own DLQ: with its id as soon as the flow has several.
fn own_name(base: &Base<'_>, consumer: &str, several: bool) -> TopicName {
    let template = &base.scope.document.naming.dlq.value;
    let consumer = [("consumer", consumer)];
    if several && !uses(template, "consumer") {
        base.name(&own_template(template), &consumer)
    } else {
        base.name(template, &consumer)
    }
}

/// Makes the template by which consumers' own DLQs are told apart.
pub(super) fn own_template(template: &str) -> String {
    format!("{template}-{{consumer}}")
}

fn redrive_target(
    base: &Base<'_>,
    consumer: &str,
    settings: &DlqSettings,
    retries: &[ResolvedRetryTopic],
    findings: &mut Findings<'_>,
) -> TopicName {
    let Located { value, place } = settings.redrive_to;
    match value {
        RedriveTo::Main => base.main.name.clone(),
        RedriveTo::Retry => {
            let first = retries.iter().find(|retry| retry.consumer == consumer);
            if first.is_none() {
                let message = format!("consumer `{consumer}` has no retry topics to redrive to");
                let hint = "add `retry: { tiers: … }`, or use `redrive_to: main`";
                findings.error_with_hint(place, "redrive_to", message, hint);
            }
            first.map_or_else(|| base.main.name.clone(), |retry| retry.topic.name.clone())
        }
    }
}

fn dlq(
    base: &Base<'_>,
    name: TopicName,
    consumer: Option<&str>,
    settings: Option<&DlqSettings>,
    (place, redrive_to): (Place, TopicName),
    names: &mut Names,
    findings: &mut Findings<'_>,
) -> ResolvedDlq {
    let scope = base.scope;
    names.take(&name, place, &scope.document.naming.rules, findings);
    let mut layers = base.inherited();
    // A dead letter must not vanish before its origin does.
    if layers.retention_ms().is_none_or(|main| is_longer(RETENTION_MS, main)) {
        layers.configs.insert(RETENTION.to_owned(), built_in(RETENTION_MS.to_string()));
    }
    if let Some(settings) = settings {
        layers.put(&settings.settings, &Layer::Flow, scope);
    }
    layers.clamp(Role::Dlq, scope);
    let max_redrives = settings
        .and_then(|settings| settings.max_redrives.as_ref())
        .map_or_else(|| built_in(MAX_REDRIVES), |max| setting(max, &Layer::Flow, scope));
    let identity = Identity { name, role: Role::Dlq, keyed: base.main.keyed, place };
    let topic = finish(identity, &layers, scope, findings);
    ResolvedDlq { topic, consumer: consumer.map(str::to_owned), max_redrives, redrive_to }
}
