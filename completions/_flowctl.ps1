
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'flowctl' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'flowctl'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'flowctl' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--brokers', '--brokers', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('-F', '-F ', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('--properties', '--properties', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Deadline for metadata and admin calls')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `NO_COLOR` is honoured')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('-V', '-V ', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('validate', 'validate', [CompletionResultType]::ParameterValue, 'Check a topology file without a cluster')
            [CompletionResult]::new('produce', 'produce', [CompletionResultType]::ParameterValue, 'Write records to a flow or topic')
            [CompletionResult]::new('lag', 'lag', [CompletionResultType]::ParameterValue, 'Show consumer lag of flows and groups')
            [CompletionResult]::new('tour', 'tour', [CompletionResultType]::ParameterValue, 'Show the main job on a real cluster, step by step')
            [CompletionResult]::new('completions', 'completions', [CompletionResultType]::ParameterValue, 'Print the shell completion script')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Show help of a command or a concept')
            break
        }
        'flowctl;validate' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Environment of the topology [env: FLOWCTL_ENV]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Environment of the topology [env: FLOWCTL_ENV]')
            [CompletionResult]::new('--set', '--set', [CompletionResultType]::ParameterName, 'Override a setting, as in flows.orders.partitions=6 (can be repeated)')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--brokers', '--brokers', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('-F', '-F ', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('--properties', '--properties', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Deadline for metadata and admin calls')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `NO_COLOR` is honoured')
            [CompletionResult]::new('--deny-warnings', '--deny-warnings', [CompletionResultType]::ParameterName, 'Treat warnings as errors')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'flowctl;produce' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Topic to write to; all names are files then')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'Topic to write to; all names are files then')
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Partition to write to; `same`: the one in the envelope; default: by key')
            [CompletionResult]::new('--partition', '--partition', [CompletionResultType]::ParameterName, 'Partition to write to; `same`: the one in the envelope; default: by key')
            [CompletionResult]::new('-k', '-k', [CompletionResultType]::ParameterName, 'Key of every record')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of every record')
            [CompletionResult]::new('-K', '-K ', [CompletionResultType]::ParameterName, 'Delimiter between key and value; \t, \n, \0, \xHH are escapes')
            [CompletionResult]::new('--key-delimiter', '--key-delimiter', [CompletionResultType]::ParameterName, 'Delimiter between key and value; \t, \n, \0, \xHH are escapes')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Delimiter between records; default: end of line')
            [CompletionResult]::new('--delimiter', '--delimiter', [CompletionResultType]::ParameterName, 'Delimiter between records; default: end of line')
            [CompletionResult]::new('--key-from', '--key-from', [CompletionResultType]::ParameterName, 'JSON pointer to the key in the value, such as /userId; needs --input json')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Header NAME=VALUE; NAME alone has a null value (can be repeated)')
            [CompletionResult]::new('--header', '--header', [CompletionResultType]::ParameterName, 'Header NAME=VALUE; NAME alone has a null value (can be repeated)')
            [CompletionResult]::new('--timestamp', '--timestamp', [CompletionResultType]::ParameterName, 'Timestamp of every record: RFC 3339, or milliseconds since 1970')
            [CompletionResult]::new('-z', '-z', [CompletionResultType]::ParameterName, 'Compression of batches')
            [CompletionResult]::new('--compression', '--compression', [CompletionResultType]::ParameterName, 'Compression of batches')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'What the input is')
            [CompletionResult]::new('--count', '--count', [CompletionResultType]::ParameterName, 'Make N test events instead of reading input')
            [CompletionResult]::new('--rate', '--rate', [CompletionResultType]::ParameterName, 'Make so many test events a second (or 30/m, 5/h), without end unless --count says it')
            [CompletionResult]::new('--template', '--template', [CompletionResultType]::ParameterName, 'Template of test events: a file, text with `{{ }}`, or user-activity, which is the default')
            [CompletionResult]::new('--seed', '--seed', [CompletionResultType]::ParameterName, 'Make the same test events in every run')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format of the summary')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format of the summary')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Environment of the topology [env: FLOWCTL_ENV]')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--brokers', '--brokers', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('-F', '-F ', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('--properties', '--properties', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Deadline for metadata and admin calls')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `NO_COLOR` is honoured')
            [CompletionResult]::new('-Z', '-Z ', [CompletionResultType]::ParameterName, 'Send empty keys and values as null: tombstones')
            [CompletionResult]::new('--empty-as-null', '--empty-as-null', [CompletionResultType]::ParameterName, 'Send empty keys and values as null: tombstones')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Send nothing; print the records as envelopes')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'flowctl;lag' {
            [CompletionResult]::new('-t', '-t', [CompletionResultType]::ParameterName, 'Count only this topic')
            [CompletionResult]::new('--topic', '--topic', [CompletionResultType]::ParameterName, 'Count only this topic')
            [CompletionResult]::new('--by', '--by', [CompletionResultType]::ParameterName, 'What a row is; default: groups, then partitions')
            [CompletionResult]::new('--fail-above', '--fail-above', [CompletionResultType]::ParameterName, 'Exit with 2 when the lag of a group is above N, or unknown with records to read')
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Output format')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]')
            [CompletionResult]::new('--file', '--file', [CompletionResultType]::ParameterName, 'Topology file, `-` for stdin [env: FLOWCTL_FILE] [default: topology.yaml]')
            [CompletionResult]::new('-e', '-e', [CompletionResultType]::ParameterName, 'Environment of the topology [env: FLOWCTL_ENV]')
            [CompletionResult]::new('--env', '--env', [CompletionResultType]::ParameterName, 'Environment of the topology [env: FLOWCTL_ENV]')
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--brokers', '--brokers', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('-F', '-F ', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('--properties', '--properties', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Deadline for metadata and admin calls')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `NO_COLOR` is honoured')
            [CompletionResult]::new('--all-groups', '--all-groups', [CompletionResultType]::ParameterName, 'Show every group of the cluster')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'flowctl;tour' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--brokers', '--brokers', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('-F', '-F ', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('--properties', '--properties', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Deadline for metadata and admin calls')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `NO_COLOR` is honoured')
            [CompletionResult]::new('--keep', '--keep', [CompletionResultType]::ParameterName, 'Leave topics and group there')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'flowctl;completions' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--brokers', '--brokers', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('-F', '-F ', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('--properties', '--properties', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Deadline for metadata and admin calls')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `NO_COLOR` is honoured')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
        'flowctl;help' {
            [CompletionResult]::new('-b', '-b', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--brokers', '--brokers', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('--bootstrap-server', '--bootstrap-server', [CompletionResultType]::ParameterName, 'Bootstrap servers, comma-separated [env: FLOWCTL_BROKERS]')
            [CompletionResult]::new('-F', '-F ', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('--properties', '--properties', [CompletionResultType]::ParameterName, 'Properties file of librdkafka or a Java client')
            [CompletionResult]::new('-X', '-X ', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--property', '--property', [CompletionResultType]::ParameterName, 'Connection property in librdkafka''s or Java''s words (can be repeated)')
            [CompletionResult]::new('--timeout', '--timeout', [CompletionResultType]::ParameterName, 'Deadline for metadata and admin calls')
            [CompletionResult]::new('--color', '--color', [CompletionResultType]::ParameterName, 'When to use colour; `NO_COLOR` is honoured')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Say less on stderr')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Say more on stderr (can be repeated)')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help (see more with ''--help'')')
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
