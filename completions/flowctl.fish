# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_flowctl_global_optspecs
    string join \n b/brokers= F/properties= X/property= timeout= color= q/quiet v/verbose h/help V/version
end

function __fish_flowctl_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_flowctl_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_flowctl_using_subcommand
    set -l cmd (__fish_flowctl_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c flowctl -n "__fish_flowctl_needs_command" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_needs_command" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_needs_command" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_needs_command" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_needs_command" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_needs_command" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_needs_command" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_needs_command" -s h -l help -d 'Print help'
complete -c flowctl -n "__fish_flowctl_needs_command" -s V -l version -d 'Print version'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "validate" -d 'Check a topology file without a cluster'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "plan" -d 'Show what apply would change'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "apply" -d 'Create and change topics as the topology declares'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "produce" -d 'Write records to a flow or topic'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "tail" -d 'Show the records of a flow or topic'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "lag" -d 'Show consumer lag of flows and groups'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "tour" -d 'Show the main job step by step, on a cluster or on an embedded sandbox'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "sandbox" -d 'Start an embedded Kafka broker in memory, for trying and testing'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "dlq" -d 'List, show and redrive dead letters'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "replay" -d 'Copy a range of a topic to another topic'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "completions" -d 'Print the shell completion script'
complete -c flowctl -n "__fish_flowctl_needs_command" -f -a "help" -d 'Show help of a command or a concept'
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -s f -l file -d 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -s e -l env -d 'Environment of the topology [env: FLOWCTL_ENV]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -l set -d 'Override a setting, as in flows.orders.partitions=6 (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -s o -l output -d 'Output format' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -l deny-warnings -d 'Treat warnings as errors'
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -s f -l file -d 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -s e -l env -d 'Environment of the topology [env: FLOWCTL_ENV]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -l set -d 'Override a setting, as in flows.orders.partitions=6 (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -l allow -d 'Allow dangerous changes: disruptive, disruptive:TOPIC or destructive:TOPIC (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -s o -l output -d 'Output format' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -l force-nonempty -d 'Allow a strictly protected DLQ to lose dead letters'
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -l detailed-exitcode -d 'Exit with 2 when something differs and nothing is blocked'
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -s f -l file -d 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -s e -l env -d 'Environment of the topology [env: FLOWCTL_ENV]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -l set -d 'Override a setting, as in flows.orders.partitions=6 (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -l allow -d 'Allow dangerous changes: disruptive, disruptive:TOPIC or destructive:TOPIC (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -l confirm -d 'Name the environment, for protected ones' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -s o -l output -d 'Output format' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -l force-nonempty -d 'Allow a strictly protected DLQ to lose dead letters'
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -s y -l yes -d 'Do not ask'
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -l dry-run -d 'Show the plan and stop'
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s t -l topic -d 'Topic to write to; all names are files then' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s p -l partition -d 'Partition to write to; `same`: the one in the envelope; default: by key' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s k -l key -d 'Key of every record' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s K -l key-delimiter -d 'Delimiter between key and value; \\t, \\n, \\0, \\xHH are escapes' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s D -l delimiter -d 'Delimiter between records; default: end of line' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l key-from -d 'JSON pointer to the key in the value, such as /userId; needs --input json' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s H -l header -d 'Header NAME=VALUE; NAME alone has a null value (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l timestamp -d 'Timestamp of every record: RFC 3339, or milliseconds since 1970' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s z -l compression -d 'Compression of batches' -r -f -a "none\t''
gzip\t''
snappy\t''
lz4\t''
zstd\t''"
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l input -d 'What the input is' -r -f -a "lines\t'Bytes'
json\t'One JSON value each'
jsonl\t'Record envelopes, as tail -o jsonl writes them'"
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l count -d 'Make N test events instead of reading input' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l rate -d 'Make so many test events a second (or 30/m, 5/h), without end unless --count says it' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l template -d 'Template of test events: a file, text with `{{ }}`, or user-activity, which is the default' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l seed -d 'Make the same test events in every run' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s o -l output -d 'Output format of the summary' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l file -d 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l env -d 'Environment of the topology [env: FLOWCTL_ENV]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s Z -l empty-as-null -d 'Send empty keys and values as null: tombstones'
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -l dry-run -d 'Send nothing; print the records as envelopes'
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand produce" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s t -l topic -d 'Topic, as in kcat' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s p -l partition -d 'Read only these partitions: 0,2 (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l from -d 'Where to begin: start, end, an offset, +N after the start, -N before the end, a time, -1h30m before now; 3=POSITION for one partition (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l since -d 'Begin at a time: 2026-11-21T04:00 (UTC), 2026-11-21T05:00+01:00, or 1h30m before now' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s n -l newest -d 'Begin at the newest N records of all partitions together; default 10 without --from, --since' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s c -l count -d 'Exit after N records' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s k -l key -d 'Show only records with this key' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s o -l output -d 'Output format' -r -f -a "raw\t'The values, one after the other'
jsonl\t'The record envelope, one line of JSON a record: `produce --input jsonl` reads it'
pretty\t'For people: everything, JSON indented'
table\t'For people: one line a record'"
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s f -l format -d 'Show each record by a template, as in kcat' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s K -l key-delimiter -d 'Show the key, and this between key and value (raw)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s D -l delimiter -d 'What stands behind each record (raw)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l isolation -d 'What is seen of transactions' -r -f -a "read_committed\t'Only committed records'
read_uncommitted\t'Records of open and aborted transactions too'"
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l group -d 'Group whose committed offsets are meant; default: the flow\'s only consumer' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l file -d 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l env -d 'Environment of the topology [env: FLOWCTL_ENV]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l until -l to -d 'Where to stop, in the same words or 1h30m before now; what is there is no longer read (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s e -l exit -d 'Exit at the end instead of waiting for what comes'
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s J -d 'The same as -o jsonl'
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l keys -d 'Show the key before the value (raw)'
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l headers -d 'Show the headers before the value (raw, table)'
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -l timestamps -d 'Show the timestamp before the value (raw)'
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s Z -l null -d 'Show NULL for a null key or value (raw, template)'
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand tail" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -s t -l topic -d 'Count only this topic' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -l by -d 'What a row is; default: groups, then partitions' -r -f -a "group\t'One row a group'
partition\t'One row a partition'
flow\t'One row a flow'"
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -l fail-above -d 'Exit with 2 when the lag of a group is above N, or unknown with records to read, or when nothing is known of a group that was asked for' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -s o -l output -d 'Output format' -r -f -a "text\t'For people'
wide\t'The same with assignor, coordinator and member ids; never cut'
json\t'One JSON document'"
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -s f -l file -d 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -s e -l env -d 'Environment of the topology [env: FLOWCTL_ENV]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -l all-groups -d 'Show every group of the cluster'
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand lag" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand tour" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tour" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand tour" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tour" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand tour" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand tour" -l keep -d 'Leave topics and group there'
complete -c flowctl -n "__fish_flowctl_using_subcommand tour" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand tour" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand tour" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -l listen -d 'Where to listen; port 0 takes a free one [default: 127.0.0.1:9092, before a command a free port]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -s f -l file -d 'Create the topics of this topology, `-` for stdin [with --env: FLOWCTL_FILE, else topology.yaml]' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -s e -l env -d 'Create the topics of this environment of the topology [with --file: FLOWCTL_ENV]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -l fault -d 'Let requests fail: CALL CONDITIONS EFFECT, as in \'Produce topic=orders every=3 drop-after\' (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -l fault-file -d 'Rules as of --fault, one a line; the file is read again when it changes' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -l user -d 'Let only users in, by SASL PLAIN or SCRAM: the first one may do everything, the others what ACLs allow (can be repeated). A password shows in the list of processes: take one for tests only' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -l max-memory -d 'How much its records may take; beyond it producing is refused' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -l no-retention -d 'Keep all records, whatever retention and cleanup policies say'
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand sandbox" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and not __fish_seen_subcommand_from ls show redrive" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and not __fish_seen_subcommand_from ls show redrive" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and not __fish_seen_subcommand_from ls show redrive" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and not __fish_seen_subcommand_from ls show redrive" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and not __fish_seen_subcommand_from ls show redrive" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and not __fish_seen_subcommand_from ls show redrive" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and not __fish_seen_subcommand_from ls show redrive" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and not __fish_seen_subcommand_from ls show redrive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and not __fish_seen_subcommand_from ls show redrive" -f -a "ls" -d 'List DLQs with what is pending in them'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and not __fish_seen_subcommand_from ls show redrive" -f -a "show" -d 'Show dead letters with their origin and error'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and not __fish_seen_subcommand_from ls show redrive" -f -a "redrive" -d 'Send dead letters back to where they belong'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -s o -l output -d 'Output format' -r -f -a "text\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'"
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -s f -l file -d 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -s e -l env -d 'Environment of the topology [env: FLOWCTL_ENV]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -l fail-if-any -d 'Exit with 2 when something is pending'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l status -d 'Only those with this status [default: pending; with an id: all]' -r -f -a "pending\t'Those that were not redriven yet'
redriven\t'Those that were'
duplicate\t'Those in whose place another one of the same origin was redriven'
all\t'All'"
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s o -l output -d 'Output format' -r -f -a "text\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'"
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s f -l file -d 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s e -l env -d 'Environment of the topology [env: FLOWCTL_ENV]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l id -d 'Only this one: TOPIC/PARTITION/OFFSET (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s p -l partition -d 'Only this partition of the DLQ (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l offsets -d 'Only these offsets of the DLQ: A-B, both included' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l error-code -d 'Only this error code, or this exception class, with or without its package (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s k -l key -d 'Only this key (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l from -d 'Where to begin: start, end, an offset, +N after the start, -N before the end, a time, -1h30m before now; 3=POSITION for one partition (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l until -d 'Where to stop, in the same words or 1h30m before now; what is there is no longer read (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l since -d 'Begin at a time: 2026-11-21T04:00 (UTC), 2026-11-21T05:00+01:00, or 1h30m before now' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l limit -d 'At most N of them, partition by partition' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l to -d 'Send to this flow or topic instead of where they come from' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l timestamp -d 'The timestamp of the records that are sent' -r -f -a "now\t'The time of sending'
original\t'The one it had at its origin'"
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l max-redrives -d 'Refuse records that were redriven N times before [default: the topology\'s, else 3]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s o -l output -d 'Output format' -r -f -a "text\t'For people'
json\t'One JSON document'
jsonl\t'One JSON object a line'"
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s f -l file -d 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s e -l env -d 'Environment of the topology [env: FLOWCTL_ENV]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l id -d 'Only this one: TOPIC/PARTITION/OFFSET (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s p -l partition -d 'Only this partition of the DLQ (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l offsets -d 'Only these offsets of the DLQ: A-B, both included' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l error-code -d 'Only this error code, or this exception class, with or without its package (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s k -l key -d 'Only this key (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l from -d 'Where to begin: start, end, an offset, +N after the start, -N before the end, a time, -1h30m before now; 3=POSITION for one partition (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l until -d 'Where to stop, in the same words or 1h30m before now; what is there is no longer read (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l since -d 'Begin at a time: 2026-11-21T04:00 (UTC), 2026-11-21T05:00+01:00, or 1h30m before now' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l limit -d 'At most N of them, partition by partition' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l keep-headers -d 'Leave the headers of the DLQ on'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l no-trace-headers -d 'Add no flowctl-… headers: the records are then those that failed, byte for byte'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -l dry-run -d 'Show what would go where, and change nothing'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s y -l yes -d 'Do not ask for a confirmation'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand dlq; and __fish_seen_subcommand_from redrive" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -l to -d 'Flow or topic to write' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -l from -d 'Where to begin: start, end, an offset, +N after the start, -N before the end, a time, -1h30m before now; 3=POSITION for one partition (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -l until -d 'Where to stop, in the same words or 1h30m before now; what is there is no longer read (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -l since -d 'Begin at a time: 2026-11-21T04:00 (UTC), 2026-11-21T05:00+01:00, or 1h30m before now' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -s p -l partition -d 'Only this partition of the source (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -l limit -d 'Copy at most N records: the first ones, partition by partition' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -s o -l output -d 'Output format' -r -f -a "text\t'For people'
json\t'One JSON document'"
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -s f -l file -d 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -s e -l env -d 'Environment of the topology [env: FLOWCTL_ENV]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -l dry-run -d 'Count what would be copied, and change nothing'
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -s y -l yes -d 'Do not ask for a confirmation'
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand completions" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand completions" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand completions" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand completions" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand completions" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand completions" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand completions" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand completions" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c flowctl -n "__fish_flowctl_using_subcommand help" -s b -l brokers -l bootstrap-server -d 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand help" -s F -l properties -d 'Properties file of librdkafka or a Java client' -r -F
complete -c flowctl -n "__fish_flowctl_using_subcommand help" -s X -l property -d 'Connection property in librdkafka\'s or Java\'s words (can be repeated)' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand help" -l timeout -d 'Deadline for metadata and admin calls' -r
complete -c flowctl -n "__fish_flowctl_using_subcommand help" -l color -d 'When to use colour; `NO_COLOR` is honoured' -r -f -a "auto\t'On a terminal, unless `NO_COLOR` is set'
always\t'Always'
never\t'Never'"
complete -c flowctl -n "__fish_flowctl_using_subcommand help" -s q -l quiet -d 'Say less on stderr'
complete -c flowctl -n "__fish_flowctl_using_subcommand help" -s v -l verbose -d 'Say more on stderr (can be repeated)'
complete -c flowctl -n "__fish_flowctl_using_subcommand help" -s h -l help -d 'Print help (see more with \'--help\')'
