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
# FLOWCTL_DEV_COMMAND_CONFIG stand in for the flags the caller left out; a class
# gets its arguments as they are.
run_tool() {
  local name=$1 class java=("${quick_java[@]}")
  shift
  class="$(tool_class "$name")" || fail "unknown tool \`$name\`" "run dev/kafka help"
  ensure_jars
  # What is measured, or measured against, gets the compiler: the load generators, and all in a
  # benchmark.
  if [[ $name == perf-* || ${FLOWCTL_DEV_BENCH:-0} == 1 ]]; then java=(-Xmx1g -XX:-UsePerfData); fi
  tool_args=("$@")
  if [[ $name != *.* && " $* " != *" --help "* && " $* " != *" --version "* ]]; then
    add_defaults "$name" "$@"
  fi
  exec java "${java[@]}" "${kafka_java[@]}" "$class" "${tool_args[@]}"
}

# Sets tool_args to the arguments and what they lack: add_defaults NAME ARGS...
add_defaults() {
  local name=$1 config
  shift
  config="$(config_flag "$name")"
  if [[ " $*" != *" --bootstrap-"* && " $*" != *" bootstrap.servers="* ]]; then
    [[ ${FLOWCTL_BROKERS:-} ]] ||
      fail "$name needs brokers" "run eval \"\$(dev/kafka up)\", or give --bootstrap-server"
    if [[ $name == perf-producer ]]; then
      add_producer_props "$@"
    else
      tool_args=(--bootstrap-server "$FLOWCTL_BROKERS" "$@")
    fi
  fi
  if [[ ${FLOWCTL_DEV_COMMAND_CONFIG:-} && " $*" != *" $config"* ]]; then
    # In front: the last flag may be one which takes all that follow.
    tool_args=("$config" "$FLOWCTL_DEV_COMMAND_CONFIG" "${tool_args[@]}")
  fi
}

# Sets tool_args to the arguments with bootstrap.servers among the producer's
# properties, the one place where this tool takes it from.
add_producer_props() {
  local arg found=''
  tool_args=()
  for arg in "$@"; do
    tool_args+=("$arg")
    if [[ $arg == --producer-props ]]; then
      found=1
      tool_args+=("bootstrap.servers=$FLOWCTL_BROKERS")
    fi
  done
  [[ $found ]] || tool_args+=(--producer-props "bootstrap.servers=$FLOWCTL_BROKERS")
}
