//! What holds whatever producers do.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone)]
enum Act {
    Init { instance: usize, is_bump: bool },
    Add { instance: usize, partition: i32 },
    End { instance: usize, outcome: Outcome },
    Pass(i32),
}

fn act() -> impl Strategy<Value = Act> {
    let instance = 0..3_usize;
    let outcome = prop_oneof![Just(Outcome::Commit), Just(Outcome::Abort)];
    prop_oneof![
        2 => (instance.clone(), any::<bool>())
            .prop_map(|(instance, is_bump)| Act::Init { instance, is_bump }),
        4 => (instance.clone(), 0..3).prop_map(|(instance, partition)| Act::Add { instance, partition }),
        2 => (instance, outcome).prop_map(|(instance, outcome)| Act::End { instance, outcome }),
        1 => (1..40_000).prop_map(Act::Pass),
    ]
}

proptest! {
    #[test]
    fn what_is_added_is_ended_once_and_only_by_the_newest_instance(
        acts in prop::collection::vec(act(), 1..80),
    ) {
        let mut transactions = Transactions::new(Settings::default());
        let mut instances: [Option<Producer>; 3] = [None; 3];
        let mut newest: Option<Producer> = None;
        let mut open: BTreeSet<TopicPartition> = BTreeSet::new();
        let mut now = NOW;
        for act in acts {
            let mut endings = Vec::new();
            match act {
                Act::Init { instance, is_bump } => {
                    let current = instances[instance].filter(|_| is_bump);
                    let initialised = transactions.init(Some(ID), TIMEOUT_MS, current);
                    if let Ok(producer) = initialised.answer {
                        prop_assert!(Some(producer) >= newest, "epochs only grow");
                        prop_assert!(open.is_empty(), "nobody starts in the middle");
                        instances[instance] = Some(producer);
                        newest = Some(producer);
                    }
                    endings.extend(initialised.ending);
                }
                Act::Add { instance, partition: number } => {
                    let Some(producer) = instances[instance] else { continue };
                    if transactions.add_partitions(ID, producer, [partition(number)], now).is_ok() {
                        prop_assert_eq!(Some(producer), newest);
                        open.insert(partition(number));
                    }
                }
                Act::End { instance, outcome } => {
                    let Some(producer) = instances[instance] else { continue };
                    let ended = transactions.end(ID, producer, outcome);
                    if ended.is_ok() {
                        prop_assert_eq!(Some(producer), newest);
                    }
                    endings.extend(ended.ok().flatten());
                }
                Act::Pass(milliseconds) => {
                    now = Timestamp(now.0 + i64::from(milliseconds));
                    endings.extend(transactions.tick(now));
                }
            }
            for ending in endings {
                prop_assert_eq!(&ending.partitions, &open);
                open.clear();
            }
        }
        // In the end everything is ended, by the clock if by nobody else.
        let end = Timestamp(now.0 + i64::from(TIMEOUT_MS) + 1);
        let left: Vec<_> = transactions.tick(end).into_iter().map(|ending| ending.partitions).collect();
        let expected = if open.is_empty() { Vec::new() } else { vec![open] };
        prop_assert_eq!(left, expected);
    }
}
