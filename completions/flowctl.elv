
use builtin;
use str;

set edit:completion:arg-completer[flowctl] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'flowctl'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'flowctl'= {
            cand -b 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand --brokers 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand --bootstrap-server 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand -F 'Properties file of librdkafka or a Java client'
            cand --properties 'Properties file of librdkafka or a Java client'
            cand -X 'Connection property in librdkafka''s or Java''s words (can be repeated)'
            cand --property 'Connection property in librdkafka''s or Java''s words (can be repeated)'
            cand --timeout 'Deadline for metadata and admin calls'
            cand --color 'When to use colour; `NO_COLOR` is honoured'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr (can be repeated)'
            cand --verbose 'Say more on stderr (can be repeated)'
            cand -h 'Print help'
            cand --help 'Print help'
            cand -V 'Print version'
            cand --version 'Print version'
            cand validate 'Check a topology file without a cluster'
            cand lag 'Show consumer lag of flows and groups'
            cand completions 'Print the shell completion script'
            cand help 'Show help of a command or a concept'
        }
        &'flowctl;validate'= {
            cand -f 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]'
            cand --file 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]'
            cand -e 'Environment of the topology [env: FLOWCTL_ENV]'
            cand --env 'Environment of the topology [env: FLOWCTL_ENV]'
            cand --set 'Override a setting, as in flows.orders.partitions=6 (can be repeated)'
            cand -o 'Output format'
            cand --output 'Output format'
            cand -b 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand --brokers 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand --bootstrap-server 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand -F 'Properties file of librdkafka or a Java client'
            cand --properties 'Properties file of librdkafka or a Java client'
            cand -X 'Connection property in librdkafka''s or Java''s words (can be repeated)'
            cand --property 'Connection property in librdkafka''s or Java''s words (can be repeated)'
            cand --timeout 'Deadline for metadata and admin calls'
            cand --color 'When to use colour; `NO_COLOR` is honoured'
            cand --deny-warnings 'Treat warnings as errors'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr (can be repeated)'
            cand --verbose 'Say more on stderr (can be repeated)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'flowctl;lag'= {
            cand -t 'Count only this topic'
            cand --topic 'Count only this topic'
            cand --by 'What a row is; default: groups, then partitions'
            cand --fail-above 'Exit with 2 when the lag of a group is above N, or unknown with records to read'
            cand -o 'Output format'
            cand --output 'Output format'
            cand -f 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]'
            cand --file 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]'
            cand -e 'Environment of the topology [env: FLOWCTL_ENV]'
            cand --env 'Environment of the topology [env: FLOWCTL_ENV]'
            cand -b 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand --brokers 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand --bootstrap-server 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand -F 'Properties file of librdkafka or a Java client'
            cand --properties 'Properties file of librdkafka or a Java client'
            cand -X 'Connection property in librdkafka''s or Java''s words (can be repeated)'
            cand --property 'Connection property in librdkafka''s or Java''s words (can be repeated)'
            cand --timeout 'Deadline for metadata and admin calls'
            cand --color 'When to use colour; `NO_COLOR` is honoured'
            cand --all-groups 'Show every group of the cluster'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr (can be repeated)'
            cand --verbose 'Say more on stderr (can be repeated)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'flowctl;completions'= {
            cand -b 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand --brokers 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand --bootstrap-server 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand -F 'Properties file of librdkafka or a Java client'
            cand --properties 'Properties file of librdkafka or a Java client'
            cand -X 'Connection property in librdkafka''s or Java''s words (can be repeated)'
            cand --property 'Connection property in librdkafka''s or Java''s words (can be repeated)'
            cand --timeout 'Deadline for metadata and admin calls'
            cand --color 'When to use colour; `NO_COLOR` is honoured'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr (can be repeated)'
            cand --verbose 'Say more on stderr (can be repeated)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
        &'flowctl;help'= {
            cand -b 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand --brokers 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand --bootstrap-server 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]'
            cand -F 'Properties file of librdkafka or a Java client'
            cand --properties 'Properties file of librdkafka or a Java client'
            cand -X 'Connection property in librdkafka''s or Java''s words (can be repeated)'
            cand --property 'Connection property in librdkafka''s or Java''s words (can be repeated)'
            cand --timeout 'Deadline for metadata and admin calls'
            cand --color 'When to use colour; `NO_COLOR` is honoured'
            cand -q 'Say less on stderr'
            cand --quiet 'Say less on stderr'
            cand -v 'Say more on stderr (can be repeated)'
            cand --verbose 'Say more on stderr (can be repeated)'
            cand -h 'Print help (see more with ''--help'')'
            cand --help 'Print help (see more with ''--help'')'
        }
    ]
    $completions[$command]
}
