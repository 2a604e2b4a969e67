//! What can be used but is probably not what was meant: warnings.

use std::collections::BTreeSet;

use crate::model::count::count;
use crate::model::duration::format_duration;
use crate::topology::RETENTION;
use crate::topology::document::{DlqChoice, Flow};
use crate::topology::resolved::{ResolvedDlq, ResolvedFlow, ResolvedTopic};
use crate::topology::source::{Findings, Place};

use super::layers::is_longer;

/// Looks at a resolved flow.
pub(super) fn lint(resolved: &ResolvedFlow, flow: &Flow, findings: &mut Findings<'_>) {
    if flow.consumers.is_none() && flow.external.is_none() {
        let message = format!("nobody reads flow `{}`", resolved.id);
        let hint = "declare its `consumers`, or write `consumers: {}` when they are not known here";
        findings.warning(flow.place, "flow_without_reader", message, hint);
    }
    for dlq in &resolved.dlqs {
        let place = place_of(dlq, flow);
        partitions(dlq, &resolved.main, place, findings);
        retention(dlq, &resolved.main, place, findings);
        readers(dlq, resolved, place, findings);
    }
}

/// Finds where a DLQ is declared; one that nobody declared belongs to the flow.
fn place_of(dlq: &ResolvedDlq, flow: &Flow) -> Place {
    let consumers = flow.consumers.as_ref();
    let own = dlq.consumer.as_ref().and_then(|id| consumers?.get(id)).map(|c| &c.dlq);
    match own.unwrap_or(&flow.dlq) {
        DlqChoice::Declared(settings) => settings.place,
        DlqChoice::Unsaid | DlqChoice::None => flow.place,
    }
}

fn partitions(dlq: &ResolvedDlq, main: &ResolvedTopic, place: Place, findings: &mut Findings<'_>) {
    let (Some(own), Some(of_main)) = (&dlq.topic.partitions, &main.partitions) else { return };
    if own.value < of_main.value {
        let message = format!(
            "`{}` has {}, `{}` has {}: a redrive cannot always keep the partition",
            dlq.topic.name,
            count(own.value, "partition"),
            main.name,
            of_main.value
        );
        let hint = "leave `partitions` out: a DLQ has as many as its main topic";
        findings.warning(place, "dlq_fewer_partitions", message, hint);
    }
}

fn retention(dlq: &ResolvedDlq, main: &ResolvedTopic, place: Place, findings: &mut Findings<'_>) {
    let ms = |topic: &ResolvedTopic| topic.configs.get(RETENTION)?.value.parse::<i64>().ok();
    let (Some(own), Some(of_main)) = (ms(&dlq.topic), ms(main)) else { return };
    if is_longer(of_main, own) {
        let message = format!(
            "`{}` keeps records {}, `{}` {}: dead letters vanish before their origins",
            dlq.topic.name,
            spoken(own),
            main.name,
            spoken(of_main)
        );
        let hint = "give the DLQ at least the retention of its main topic";
        findings.warning(place, "dlq_retention_shorter", message, hint);
    }
}

fn spoken(ms: i64) -> String {
    u64::try_from(ms).map_or_else(
        |_| "forever".to_owned(),
        |ms| format_duration(std::time::Duration::from_millis(ms)),
    )
}

fn readers(dlq: &ResolvedDlq, flow: &ResolvedFlow, place: Place, findings: &mut Findings<'_>) {
    let groups: BTreeSet<_> = flow.consumers.values().map(|c| c.group.as_str()).collect();
    if dlq.redrive_to == flow.main.name && groups.len() > 1 {
        let groups: Vec<_> = groups.into_iter().collect();
        let message = format!(
            "a redrive of `{}` sends to `{}`, which {} groups read: {}",
            dlq.topic.name,
            flow.main.name,
            groups.len(),
            groups.join(", ")
        );
        let hint = "all of them see the records again; a consumer's own `dlq` with \
                    `redrive_to: retry` reaches only that consumer";
        findings.warning(place, "redrive_to_several_groups", message, hint);
    }
}
