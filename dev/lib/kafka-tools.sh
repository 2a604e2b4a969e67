# shellcheck shell=bash
# Kafka's own command-line classes under short names.

# Prints the class of a short name; a name with a dot is a class already.
tool_class() {
  case $1 in
    acls) echo org.apache.kafka.tools.AclCommand ;;
    api-versions) echo org.apache.kafka.tools.BrokerApiVersionsCommand ;;
    configs) echo kafka.admin.ConfigCommand ;;
    console-consumer) echo org.apache.kafka.tools.consumer.ConsoleConsumer ;;
    console-producer) echo org.apache.kafka.tools.ConsoleProducer ;;
    delete-records) echo org.apache.kafka.tools.DeleteRecordsCommand ;;
    elect-leader) echo org.apache.kafka.tools.LeaderElectionCommand ;;
    groups) echo org.apache.kafka.tools.consumer.group.ConsumerGroupCommand ;;
    log-dirs) echo org.apache.kafka.tools.LogDirsCommand ;;
    offsets) echo org.apache.kafka.tools.GetOffsetShell ;;
    perf-consumer) echo org.apache.kafka.tools.ConsumerPerformance ;;
    perf-producer) echo org.apache.kafka.tools.ProducerPerformance ;;
    quorum) echo org.apache.kafka.tools.MetadataQuorumCommand ;;
    reassign) echo org.apache.kafka.tools.reassign.ReassignPartitionsCommand ;;
    topics) echo org.apache.kafka.tools.TopicCommand ;;
    transactions) echo org.apache.kafka.tools.TransactionsCommand ;;
    *.*) echo "$1" ;;
    *) return 1 ;;
  esac
}

# Prints the flag by which a tool takes its properties file.
config_flag() {
  case $1 in
    console-consumer | perf-consumer) echo --consumer.config ;;
    console-producer | perf-producer) echo --producer.config ;;
    *) echo --command-config ;;
  esac
}

# Becomes a tool: run_tool NAME ARGS... Under a short name, FLOWCTL_BROKERS and
# FLOWCTL_DEV_COMMAND_CONFIG stand in for the flags the caller left out.
run_tool() {
  local name=$1 class config java=("${quick_java[@]}")
  shift
  class="$(tool_class "$name")" || fail "unknown tool \`$name\`"
  ensure_jars
  # The load generators are what is measured against: give them the compiler.
  if [[ $name == perf-* ]]; then java=(-Xmx1g -XX:-UsePerfData); fi
  config="$(config_flag "$name")"
  if [[ $name != *.* && " $* " != *" --help "* ]]; then
    if [[ $name == perf-producer ]]; then
      add_producer_props "$@"
      set -- "${with_props[@]}"
    elif [[ -n ${FLOWCTL_BROKERS:-} && " $*" != *" --bootstrap-"* ]]; then
      set -- --bootstrap-server "$FLOWCTL_BROKERS" "$@"
    fi
    if [[ -n ${FLOWCTL_DEV_COMMAND_CONFIG:-} && " $*" != *" $config"* ]]; then
      set -- "$config" "$FLOWCTL_DEV_COMMAND_CONFIG" "$@"
    fi
  fi
  exec java "${java[@]}" "${kafka_java[@]}" "$class" "$@"
}

# Sets with_props to the arguments with bootstrap.servers among the producer's
# properties, the one place this tool takes it from.
add_producer_props() {
  local arg found=
  with_props=()
  for arg in "$@"; do
    with_props+=("$arg")
    if [[ $arg == --producer-props ]]; then
      found=1
      [[ -z ${FLOWCTL_BROKERS:-} || " $*" == *" bootstrap.servers="* ]] ||
        with_props+=("bootstrap.servers=$FLOWCTL_BROKERS")
    fi
  done
  [[ $found || -z ${FLOWCTL_BROKERS:-} ]] ||
    with_props+=(--producer-props "bootstrap.servers=$FLOWCTL_BROKERS")
}
