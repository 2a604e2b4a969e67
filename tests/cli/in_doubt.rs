//! A replay whose commit has no answer finds out what became of it, and copies each record once. On
//! the sandbox, which loses answers when it is told to.

use crate::commands::home;
use crate::home::text;

/// Replays five records on a sandbox that has this rule until the replay says `until`, carries its
/// resume line out if it prints one, and returns how it ended, what was said, and how many records
/// are in the target.
fn replay(rule: &str, until: &str) -> (String, String, usize) {
    let home = home();
    home.write("faults.txt", rule);
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    let script = format!(
        "{flowctl} produce user-activity-logs --count 5 --seed 1 2>/dev/null
         {flowctl} replay user-activity-logs --to topic/user-activity-analytics --yes 2>said &
         while kill -0 $! 2>/dev/null && ! grep -q '{until}' said; do sleep 0.1; done
         echo '# none' >faults.txt
         wait $!
         echo \"code $?\"
         line=$(sed -n 's/^to go on: flowctl //p' said)
         if test \"$line\"; then sleep 0.5; {flowctl} $line --yes 2>/dev/null; fi
         cat said >&2
         {flowctl} tail topic/user-activity-analytics --from start -e -o jsonl"
    );
    let arguments = ["sandbox", "-e", "dev", "--fault-file", "faults.txt", "--", "sh", "-c"];
    let output = home.flowctl().args(arguments).arg(&script).output().unwrap();
    let printed = text(&output.stdout);
    let (code, records) = printed.split_once('\n').unwrap();
    (code.to_owned(), text(&output.stderr), records.lines().count())
}

#[test]
fn what_was_committed_without_an_answer_is_not_copied_again() {
    let (code, told, records) = replay("EndTxn drop-after", "settling the last transaction");
    assert_eq!((code.as_str(), records), ("code 0", 5), "{told}");
    assert!(told.contains("copied 5 records") && !told.contains("aborted"), "{told}");
}

#[test]
fn what_was_aborted_without_an_answer_is_copied_again() {
    let (code, told, records) = replay("EndTxn drop", "settling the last transaction");
    assert_eq!((code.as_str(), records), ("code 0", 5), "{told}");
    assert!(told.contains("it was aborted; trying again"), "{told}");
    assert!(told.contains("copied 5 records"), "{told}");
}

#[test]
fn a_replay_that_was_fenced_knows_what_it_has_copied() {
    let (code, told, records) = replay("EndTxn times=1 error-after=PRODUCER_FENCED", "copied");
    assert_eq!((code.as_str(), records), ("code 4", 5), "{told}");
    assert!(!told.contains("nobody knows"), "{told}");
}

#[test]
fn what_cannot_be_looked_up_stays_in_doubt() {
    let rules = "EndTxn times=1 error-after=PRODUCER_FENCED\n\
                 Fetch topic=user-activity-analytics error=TOPIC_AUTHORIZATION_FAILED\n";
    let (code, told, _) = replay(rules, "copied");
    assert_eq!(code, "code 4", "{told}");
    assert!(told.contains("cannot settle the last transaction"), "{told}");
    assert!(told.contains("nobody knows whether all of offsets"), "{told}");
}
