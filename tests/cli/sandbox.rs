//! `flowctl sandbox`: a broker beside a command, or until Ctrl-C.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::sync::mpsc::channel;
use std::thread;

use crate::commands::home;
use crate::home::{Home, PATIENCE, text};
use crate::running::{self, Running};

fn sandbox(arguments: &[&str]) -> std::process::Output {
    let home = home();
    home.flowctl().arg("sandbox").args(arguments).output().unwrap()
}

#[test]
fn the_exit_code_of_the_command_is_passed_on() {
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)] {
        assert_eq!(sandbox(&["--", "sh", "-c", script]).status.code(), Some(code), "{script}");
    }
}

#[test]
fn a_lag_without_groups_says_so_and_stays_json() {
    let lag = env!("CARGO_BIN_EXE_flowctl");
    let output = sandbox(&["--", lag, "lag", "--all-groups"]);
    let told = text(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(0), &b""[..]), "{told}");
    assert!(told.contains("no groups\n"), "{told}");
    let output = sandbox(&["--", lag, "lag", "--all-groups", "-o", "json"]);
    assert!(text(&output.stdout).contains("\"LagReport\""), "{}", text(&output.stdout));
    assert!(!text(&output.stderr).contains("no groups"), "{}", text(&output.stderr));
}

#[test]
fn a_user_that_comes_twice_is_refused() {
    let output = sandbox(&["--user", "a:b", "--user", "a:c", "--", "true"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("`a` comes twice"), "{}", text(&output.stderr));
}

#[test]
fn nothing_to_run_is_a_mistake_and_not_for_ever() {
    let output = sandbox(&["-e", "dev", "--"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{told}");
    assert!(told.starts_with("error: no command behind `--`\n"), "{told}");
    assert!(told.contains("hint: a variable may be empty"), "{told}");
}

#[test]
fn a_command_that_is_not_there_and_a_port_that_is_taken_are_named() {
    let output = sandbox(&["--", "no-such-command"]);
    assert_eq!(output.status.code(), Some(127));
    assert!(text(&output.stderr).contains("cannot run `no-such-command`"));
    assert_eq!(sandbox(&["--", "/"]).status.code(), Some(126));
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = sandbox(&["--listen", &address, "--", "true"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains(&format!("cannot listen on {address}")));
    let output = sandbox(&["--listen", "nowhere", "--", "true"]);
    assert_eq!(output.status.code(), Some(64));
}

#[test]
fn it_runs_until_ctrl_c_and_tells_where() {
    let home = Home::new();
    let mut command = running::flowctl(&home);
    let mut running = Running::start(command.args(["sandbox", "--listen", "127.0.0.1:0"]));
    let mut line = String::new();
    BufReader::new(running.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("-b ").unwrap().to_owned();
    assert!(std::net::TcpStream::connect(&address).is_ok(), "{line}");
    running.send("INT");
    let output = running.wait_with_output();
    assert_eq!((output.status.code(), output.status.signal()), (Some(0), None));
    assert!(text(&output.stderr).contains("for trying and testing only"));
}

#[test]
fn a_fault_is_met_and_a_rule_that_is_none_is_refused() {
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    let output = sandbox(&[
        "--fault",
        "CreateTopics error=POLICY_VIOLATION",
        "--",
        flowctl,
        "apply",
        "-e",
        "dev",
        "--yes",
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("POLICY_VIOLATION"), "{}", text(&output.stdout));
    let output = sandbox(&["--fault", "Produce sometimes", "--", "true"]);
    assert_eq!(output.status.code(), Some(64));
    assert!(text(&output.stderr).contains("`sometimes` is no part of a rule"));
}

#[test]
fn a_rule_that_could_never_strike_is_refused_with_place_and_hint() {
    let output = sandbox(&["--fault", "Fetch drop", "--fault", "Fetch group=g drop", "--", "true"]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{told}");
    let place = "error: --fault 'Fetch group=g drop', column 7: `group=g` never holds";
    assert!(told.starts_with(place) && told.contains("hint: those that do are"), "{told}");

    let home = home();
    home.write("faults.txt", "# rules\n  FetchSnapshot drop\n");
    let read = ["sandbox", "--fault-file", "faults.txt", "--", "true"];
    let output = home.flowctl().args(read).output().unwrap();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(64), "{told}");
    let place = "error: faults.txt:2:3: FetchSnapshot is not offered by the sandbox\n";
    assert!(told.starts_with(place) && told.contains("hint: offered are "), "{told}");
}

#[test]
fn rules_that_are_wrong_when_they_are_read_again_leave_the_old_ones() {
    let home = home();
    home.write("faults.txt", "CreateTopics error=POLICY_VIOLATION\n");
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    // It is told on stderr, which is what the script waits for.
    let script = format!(
        "echo 'Produce times=0 drop' > faults.txt\n\
         until grep -q 'the rules before hold' told; do sleep 0.05; done\n\
         {flowctl} plan -e dev >/dev/null 2>&1; echo $?"
    );
    let mut command = running::flowctl(&home);
    command.args(["sandbox", "--fault-file", "faults.txt", "--", "sh", "-c", &script]);
    command.stderr(File::create(home.path().join("told")).unwrap());
    let output = Running::start(&mut command).wait_with_output();
    let told = std::fs::read_to_string(home.path().join("told")).unwrap();
    assert_eq!(text(&output.stdout), "1\n", "{told}");
    let place = "warning: faults.txt:1:9: `times=0`: it is at least 1; the rules before hold";
    assert_eq!(told.matches(place).count(), 1, "{told}");
}

#[test]
fn what_a_rule_holds_up_goes_on_when_there_are_other_rules() {
    let home = home();
    home.write("faults.txt", "Metadata times=1 delay-after=1h\n");
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    // It is held up for longer than its own timeout is, unless the rule goes.
    let script = format!("{flowctl} plan -e dev >/dev/null & sleep 0.5; : > faults.txt; wait $!");
    let output = home
        .flowctl()
        .args(["sandbox", "-v", "--fault-file", "faults.txt", "--", "sh", "-c", &script])
        .output()
        .unwrap();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    assert_eq!(told.matches("a rule struck Metadata of 127.0.0.1:").count(), 1, "{told}");
    assert!(told.contains(": Metadata times=1 delay-after=1h\n"), "{told}");
    assert!(told.contains("the file of the rules has changed: 0 rules"), "{told}");
}

#[test]
fn a_right_that_is_taken_away_meanwhile_is_named_at_once() {
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    let script = format!(
        "{flowctl} produce user-activity-logs --count 5 2>/dev/null\n\
         {flowctl} replay user-activity-logs --to topic/user-activity-analytics --yes"
    );
    for (error, missing) in [
        ("TOPIC_AUTHORIZATION_FAILED", "WRITE on topic `user-activity-analytics` was refused"),
        ("TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "WRITE on transactional id `flowctl.replay."),
    ] {
        let rule = format!("AddPartitionsToTxn error={error}");
        let output = sandbox(&["-e", "dev", "--fault", &rule, "--", "sh", "-c", &script]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(6), "{told}");
        assert!(told.contains(missing) && !told.contains("anew"), "{told}");
    }
}

#[test]
fn rules_in_a_file_hold_as_soon_as_it_changes() {
    let home = home();
    home.write("faults.txt", "# none\n");
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    let script = format!(
        "{flowctl} plan -e dev >/dev/null; echo before $?; echo 'CreateTopics error=POLICY_VIOLATION' > \
         faults.txt; sleep 0.5; {flowctl} plan -e dev >/dev/null 2>&1; echo after $?"
    );
    let output = home
        .flowctl()
        .args(["sandbox", "--fault-file", "faults.txt", "--", "sh", "-c", &script])
        .output()
        .unwrap();
    assert_eq!(text(&output.stdout), "before 0\nafter 1\n", "{}", text(&output.stderr));
}

#[test]
fn what_does_not_fit_is_refused_and_said() {
    let flowctl = env!("CARGO_BIN_EXE_flowctl");
    let script = format!(
        "{flowctl} apply -e dev --yes >/dev/null && {flowctl} produce user-activity-logs --count 6000"
    );
    let output = sandbox(&["--max-memory", "1MiB", "-e", "dev", "--", "sh", "-c", &script]);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    let told = text(&output.stderr);
    assert!(told.contains("POLICY_VIOLATION"), "{told}");
    assert_eq!(told.matches("the memory is full (--max-memory)").count(), 1, "{told}");
}

#[test]
fn rules_that_are_gone_are_told_once_and_a_pipe_nobody_writes_ends_with_a_signal() {
    let home = home();
    home.write("faults.txt", "# none\n");
    let script = "rm faults.txt; sleep 0.7";
    let gone = ["sandbox", "--fault-file", "faults.txt", "--", "sh", "-c", script];
    let output = home.flowctl().args(gone).output().unwrap();
    assert_eq!(text(&output.stderr).matches("no file any more").count(), 1);

    let fifo = home.path().join("rules");
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut command = running::flowctl(&home);
    let running = Running::start(command.args(["sandbox", "--fault-file", "rules"]));
    // Whoever opens a pipe to write waits until somebody reads.
    let (opened, is_opened) = channel();
    thread::spawn(move || opened.send(File::options().write(true).open(fifo)));
    let _silent = is_opened.recv_timeout(PATIENCE).unwrap().unwrap();
    running.send("INT");
    assert_eq!(running.wait_with_output().status.code(), Some(130));
}

#[test]
fn flags_that_say_how_to_reach_a_cluster_are_refused() {
    for flags in [["-b", "127.0.0.1:1"], ["-F", "client.properties"], ["-X", "acks=1"]] {
        let output = sandbox(&[&flags[..], &["--", "true"]].concat());
        assert_eq!(output.status.code(), Some(64), "{flags:?}");
        assert!(text(&output.stderr).contains("this one is the sandbox"), "{flags:?}");
    }
}
