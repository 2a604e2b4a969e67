//! Reads back from the end until the newest records are found.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::{Flow, Step, Tail, unless_cut};
use crate::interrupt::Signal;
use crate::model::offset::TopicPartition;
use crate::tail::event::{Ended, Event};
use crate::tail::newest::{Kept, Newest, Window};

impl<Emit: FnMut(Event<'_>) -> anyhow::Result<ControlFlow<Signal>>> Tail<'_, Emit> {
    /// Finds and gives the newest records before the end of the spans.
    pub(super) async fn give_newest(&mut self, limit: usize) -> anyhow::Result<Flow> {
        let ends = self.spans.iter().map(|(number, span)| (*number, span.log_start, span.start));
        let mut newest = Newest::new(limit, ends);
        loop {
            let windows = newest.windows();
            if windows.is_empty() {
                break;
            }
            if let ControlFlow::Break(ended) = self.read_windows(windows, &mut newest).await? {
                return Ok(ControlFlow::Break(ended));
            }
            newest.finish_windows();
        }
        for kept in newest.merge() {
            let Kept { partition, .. } = kept;
            let told = (self.emit)(Event::Record { partition, record: &kept.view() })?;
            self.records += 1;
            let mut flow = unless_cut(told);
            if flow.is_continue() && self.request.limit == Some(self.records) {
                flow = ControlFlow::Break(Ended::Done);
            }
            if flow.is_break() {
                return Ok(flow);
            }
        }
        Ok(unless_cut((self.emit)(Event::Pause)?))
    }

    /// Reads windows of the log for the newest records in them.
    async fn read_windows(
        &mut self,
        mut windows: BTreeMap<i32, Window>,
        newest: &mut Newest,
    ) -> anyhow::Result<Flow> {
        let starts = windows.iter().map(|(number, window)| (*number, window.start));
        let mut reader = match self.open_unless_cut(starts).await? {
            ControlFlow::Continue(reader) => reader,
            ControlFlow::Break(ended) => return Ok(ControlFlow::Break(ended)),
        };
        while !windows.is_empty() {
            match self.step(&mut reader).await? {
                Step::Answer(answer) => {
                    for fetched in answer {
                        let partition = fetched.topic_partition.partition;
                        let Some(window) = windows.get(&partition) else { continue };
                        let _ended = fetched.each_record(&mut self.scratch, |record| {
                            if record.offset >= window.stop {
                                return ControlFlow::Break(());
                            }
                            if self.request.wants(record) {
                                newest.take(partition, record);
                            }
                            ControlFlow::Continue(())
                        })?;
                    }
                }
                // What retention deletes meanwhile is not among the newest.
                Step::Gap { .. } => {}
                Step::Nothing => {
                    let flow = unless_cut((self.emit)(Event::Pause)?);
                    if flow.is_break() {
                        return Ok(flow);
                    }
                }
                Step::Trouble(error) => {
                    let flow = unless_cut((self.emit)(Event::Trouble(&error.to_string()))?);
                    if flow.is_break() {
                        return Ok(flow);
                    }
                }
                Step::Interrupted(signal) => {
                    return Ok(ControlFlow::Break(Ended::Interrupted(signal)));
                }
            }
            windows.retain(|partition, window| {
                let topic_partition = TopicPartition::new(self.request.topic.clone(), *partition);
                let position = reader.position(&topic_partition);
                let is_done = position.is_none_or(|position| position >= window.stop);
                if is_done {
                    reader.stop(&topic_partition);
                }
                !is_done
            });
        }
        Ok(ControlFlow::Continue(()))
    }
}
