# shellcheck shell=bash
# One instance: one to N nodes of Kafka which share a name, a folder and a life.
#
#   $dev_dir/NAME.lock              held while the instance is changed
#   $dev_dir/NAME/ready             exists once every node has answered
#   $dev_dir/NAME/broker-ID/        server.properties *port pid log data/
#
# A node is known by its process id, and only believed if that process runs
# with this node's server.properties: process ids are reused.

# Prints the ids of an instance's nodes.
broker_ids() {
  local id
  for ((id = 1; id <= brokers; id++)); do echo "$id"; done
}

broker_dir() { echo "$instance_dir/broker-$1"; }
broker_port() { cat "$(broker_dir "$1")/${2:-port}"; }
broker_pid() { cat "$(broker_dir "$1")/pid" 2>/dev/null || echo 0; }

broker_alive() {
  local properties
  properties="$(broker_dir "$1")/server.properties"
  grep -qszxF -- "$properties" "/proc/$(broker_pid "$1")/cmdline"
}

# Prints up, partial (some nodes are down), starting (or an `up` that was cut
# off) or down.
instance_state() {
  local id alive=0
  for id in $(broker_ids); do
    if broker_alive "$id"; then alive=$((alive + 1)); fi
  done
  if ((alive == 0)); then
    echo down
  elif [[ ! -e $instance_dir/ready ]]; then
    echo starting
  elif ((alive < brokers)); then
    echo partial
  else
    echo up
  fi
}

# Prints the bootstrap servers, of the clients' listener unless told another:
# bootstrap [PORT_FILE]
bootstrap() {
  local id list=
  for id in $(broker_ids); do list+=",127.0.0.1:$(broker_port "$id" "${1:-port}")"; done
  echo "${list#,}"
}

# Prints a port nobody listens on. The range is below the one the kernel gives
# to outgoing connections, so that no client takes a port between now and the
# start of the node. Ports of our own nodes count as taken even while they are
# down: a killed node comes back to its port.
free_port() {
  local port
  while :; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 10000))
    grep -qsx "$port" "$dev_dir"/*/broker-*/*port && continue
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

# Makes the instance's folder anew and starts its nodes.
create_instance() {
  local id dir formats=() format_flags=() cluster_id voters=
  rm -rf "${instance_dir:?}"
  mkdir -p "$instance_dir"
  # A cluster id must not start with "-", which the format tool takes for a flag.
  cluster_id="$(head -c 16 /dev/urandom | base64 | tr '+/' 'pS' | tr -d '=')"
  for id in $(broker_ids); do
    dir="$(broker_dir "$id")"
    mkdir "$dir"
    free_port >"$dir/port"
    free_port >"$dir/controller-port"
    if [[ $secure ]]; then
      free_port >"$dir/mtls-port"
      free_port >"$dir/clear-port"
    fi
    voters+=",$id@127.0.0.1:$(<"$dir/controller-port")"
  done
  if [[ $secure ]]; then write_secrets; fi
  for id in $(broker_ids); do
    dir="$(broker_dir "$id")"
    write_properties "$id" "${voters#,}" >"$dir/server.properties"
    (exec java "${quick_java[@]}" "${kafka_java[@]}" kafka.tools.StorageTool format -t "$cluster_id" \
      -c "$dir/server.properties" "${format_flags[@]}" >"$dir/format.log" 2>&1) &
    formats+=($!)
  done
  for id in "${!formats[@]}"; do
    wait "${formats[$id]}" || {
      cat "$(broker_dir $((id + 1)))/format.log" >&2
      fail "cannot format the storage of $instance"
    }
  done
  for id in $(broker_ids); do start_broker "$id"; done
}

# Prints a node's server.properties: write_properties ID VOTERS
write_properties() {
  local id=$1 voters=$2 replication=$((brokers < 3 ? brokers : 3)) dir
  local min_isr=$((replication == 3 ? 2 : 1))
  local listeners
  dir="$(broker_dir "$id")"
  listeners="CLIENT://127.0.0.1:$(<"$dir/port"),CONTROLLER://127.0.0.1:$(<"$dir/controller-port")"
  if [[ $secure ]]; then
    listeners+=",MTLS://127.0.0.1:$(<"$dir/mtls-port"),CLEAR://127.0.0.1:$(<"$dir/clear-port")"
  fi
  cat <<-PROPERTIES
	process.roles=broker,controller
	node.id=$id
	controller.quorum.voters=$voters
	controller.listener.names=CONTROLLER
	inter.broker.listener.name=CLIENT
	listeners=$listeners
	log.dirs=$dir/data
	# Topics come from the tests, never from a typo in one.
	auto.create.topics.enable=false
	# The internal topics are created on first use; fewer partitions, faster.
	offsets.topic.num.partitions=4
	offsets.topic.replication.factor=$replication
	transaction.state.log.num.partitions=4
	transaction.state.log.replication.factor=$replication
	transaction.state.log.min.isr=$min_isr
	share.coordinator.state.topic.num.partitions=4
	share.coordinator.state.topic.replication.factor=$replication
	share.coordinator.state.topic.min.isr=$min_isr
	# A group of one member need not wait for others, and a test that lets a
	# member die cannot wait 6 s.
	group.initial.rebalance.delay.ms=0
	group.min.session.timeout.ms=1000
	PROPERTIES
  if [[ ! $bench ]]; then
    # The default, 128 MB, is a quarter of the heap of a test node.
    echo log.cleaner.dedupe.buffer.size=4194304
  fi
  if ((brokers > 1)); then
    # How long a killed broker counts as alive; 9 s by default.
    echo broker.session.timeout.ms=5000
    echo broker.heartbeat.interval.ms=1000
  fi
  if [[ $tidy ]]; then
    # The defaults are 5 minutes, 15 s, and 30 s before the first look.
    echo log.retention.check.interval.ms=500
    echo log.cleaner.backoff.ms=500
    echo log.initial.task.delay.ms=500
  fi
  if [[ $secure ]]; then
    secure_properties
  else
    echo listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
  fi
}

# Starts a node in a session of its own, holding none of the caller's files:
# not its terminal, nor the pipe of a $(dev/kafka up), nor our lock (9).
start_broker() {
  local dir java=("${quick_java[@]}")
  dir="$(broker_dir "$1")"
  # The benchmarks get the compiler and collector of production, or the node is
  # what they measure.
  if [[ $bench ]]; then java=(-Xms2g -Xmx2g -XX:-UsePerfData); fi
  if [[ -e $dir/log ]]; then mv "$dir/log" "$dir/log.previous"; fi
  (
    cd "$dir" || exit
    # Each partition keeps some files open and tests make many; the soft limit
    # is often 1024.
    ulimit -S -n "$(ulimit -H -n)" || true
    echo "$BASHPID" >pid
    exec setsid java "${java[@]}" "${kafka_java[@]}" -Dkafka.log.level=INFO \
      kafka.Kafka "$dir/server.properties"
  ) </dev/null >"$dir/log" 2>&1 9>&- &
  # Until it has become Java it does not look like this node.
  while ! broker_alive "$1" && kill -0 $! 2>/dev/null; do sleep 0.02; done
}

# Waits until every given node answers; fails early if one ends.
wait_ready() {
  local id deadline=$((SECONDS + 240))
  while ((SECONDS < deadline)); do
    for id in "$@"; do broker_alive "$id" || return 1; done
    if brokers_answer "$@"; then return; fi
    sleep 0.1
  done
  return 1
}

# Whether nodes know each other and answer clients. The log is a cheap sign to
# wait for, the request after it is the proof.
brokers_answer() {
  local id
  for id in "$@"; do
    grep -qsF 'Kafka Server started' "$(broker_dir "$id")/log" || return 1
  done
  if [[ $secure ]]; then
    secure_brokers_answer "$@"
    return
  fi
  for id in "$@"; do
    (($(known_brokers "$(broker_port "$id")") >= $#)) || return 1
  done
}

# Prints how many brokers the node on a port knows, 0 if it does not answer. A
# Metadata request (version 1, no topics) in bytes: to start Java for it would
# take as long as half the start of the node.
known_brokers() {
  local reply
  {
    printf '\0\0\0\021\0\003\0\001\0\0\0\001\0\003dev\0\0\0\0' >&3
    # Size, correlation id, then the length of the array of brokers.
    reply="$(timeout 5 head -c 12 <&3 | od -An -tu1 | tr -s ' ' '\n' | tail -n 1)"
  } 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1" || reply=0
  echo "${reply:-0}"
}

# Ends nodes by a signal: kill_brokers SIGNAL ID... A node that cannot hand over
# its partitions, for want of a quorum, would take minutes: it is killed.
kill_brokers() {
  local signal=$1 id deadline=$((SECONDS + 30))
  shift
  for id in "$@"; do
    if broker_alive "$id"; then kill -s "$signal" "$(broker_pid "$id")"; fi
  done
  for id in "$@"; do
    while broker_alive "$id"; do
      ((SECONDS < deadline)) || kill -s KILL "$(broker_pid "$id")"
      sleep 0.02
    done
    rm -f "$(broker_dir "$id")/pid"
  done
}

# Ends an instance. Nothing of it will be read again, so no orderly shutdown,
# which without a quorum takes minutes.
remove_instance() {
  # shellcheck disable=SC2046 # ids are words
  kill_brokers KILL $(broker_ids)
  rm -rf "${instance_dir:?}"
}
