//! What is shown of records, whoever wrote them.

use super::{kcat, kcat_produce};
use crate::support::kafka;
use crate::tailing::{tail, tail_text};

#[test]
fn a_template_shows_what_kcat_shows() {
    let topic = kafka().new_topic("tail-template", 1);
    let headers = ["-K", ":", "-H", "a=1", "-H", "a=2", "-H", "empty=", "-H", "null"];
    kcat_produce(&topic, &headers, "k1:v1\n:\nk 2:grün\n");
    kcat_produce(&topic, &["-K", ":", "-Z"], "tombstone:\n:null key\n");
    kcat_produce(&topic, &["-D", "|"], b"bytes \x00\xff\x1b and\nlines|".to_vec());
    let template = r"%t[%p]@%o %T <%k>%K <%s>%S %R {%h} %%\x41\t\n";
    let ours = tail(kafka(), &topic, &["--from", "start", "-e", "-f", template]);
    assert_eq!(ours, kcat(&topic, &["-f", template]));
    // Without any flag both show the values only, with the key before it by -K.
    assert_eq!(tail(kafka(), &topic, &["-n", "99", "-e"]), kcat(&topic, &[]));
    assert_eq!(
        tail(kafka(), &topic, &["--from", "+0", "-e", "-K", "#"]),
        kcat(&topic, &["-K", "#"])
    );
}

#[test]
fn every_codec_is_read() {
    for codec in ["none", "gzip", "snappy", "lz4", "zstd"] {
        let topic = kafka().new_topic("tail-codec", 3);
        let lines: Vec<_> = (0..3000).map(|n| format!("key-{n}:value {n}\n")).collect();
        kcat_produce(&topic, &["-z", codec, "-K", ":"], lines.concat());
        let template = ["-f", "%p %o %k %s\n"];
        let sorted = |bytes: Vec<u8>| {
            let text = String::from_utf8(bytes).unwrap();
            let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
            lines.sort();
            lines
        };
        let ours =
            sorted(tail(kafka(), &topic, &["--from", "start", "-e", template[0], template[1]]));
        assert_eq!(ours.len(), 3000, "{codec}");
        assert_eq!(ours, sorted(kcat(&topic, &template)), "{codec}");
    }
}

#[test]
fn what_javas_console_producer_wrote_is_read() {
    let topic = kafka().new_topic("tail-java", 1);
    let mut tool = kafka().tool("console-producer");
    tool.args(["--topic", &topic, "--compression-codec", "lz4"]);
    for property in ["parse.key=true", "parse.headers=true", "null.marker=NIL"] {
        tool.args(["--property", property]);
    }
    tool.write_stdin("h:1,h:2\tk\tv\nx:y\tNIL\tNIL\n").assert().success();
    assert_eq!(
        tail_text(kafka(), &topic, &["-e", "-Z", "-f", "%h %k %K %s %S\n"]),
        "h=1,h=2 k 1 v 1\nx=y NULL -1 NULL -1\n"
    );
}
