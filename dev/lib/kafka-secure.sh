# shellcheck shell=bash
# What a secure instance has on top: certificates, users, an authorizer, and
# the files with which clients reach it, in $instance_dir/clients.
#
# Every listener authenticates, the controller's too: a way in without
# credentials would let a test pass that must fail. All are TLS but CLEAR.

# admin is the super user, alice may do what an ACL allows her (none exist at
# the start), nobody is never given any. The passwords are no secret.
users=(admin alice nobody)
password_of() { echo "$1-secret"; }

# Makes certificates, client files and `format_flags`, which hold the SCRAM
# users: those must exist before the first node starts.
write_secrets() {
  local dir="$instance_dir/clients" user mechanism
  "$dev/need" openssl
  mkdir "$dir"
  make_ca "$dir/ca.pem" "$instance_dir/ca.key" flowctl-dev
  # An authority nobody here trusts, for tests of the refusal.
  make_ca "$dir/unknown-ca.pem" "$instance_dir/unknown-ca.key" flowctl-dev-unknown
  make_certificate broker serverAuth,clientAuth "$instance_dir/server.crt" "$instance_dir/server.key"
  cat "$instance_dir/server.key" "$instance_dir/server.crt" >"$instance_dir/server.pem"
  make_certificate alice clientAuth "$dir/alice.crt" "$dir/alice.key"

  for user in "${users[@]}"; do
    write_client_files "$user"
    for mechanism in SCRAM-SHA-512 SCRAM-SHA-256; do
      format_flags+=(--add-scram "$mechanism=[name=$user,password=$(password_of "$user")]")
    done
  done
}

# Makes a certificate authority: make_ca CERTIFICATE KEY NAME
make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj "/CN=$3" -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=critical,keyCertSign,cRLSign -out "$1" -keyout "$2" 2>/dev/null
}

# Makes a certificate of our authority: make_certificate NAME USAGE CERTIFICATE KEY
make_certificate() {
  local extensions="basicConstraints=CA:FALSE
extendedKeyUsage=$2
subjectAltName=DNS:localhost,IP:127.0.0.1"
  # genpkey writes PKCS #8, the only form Kafka reads.
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$4" 2>/dev/null
  openssl req -new -key "$4" -subj "/CN=$1" |
    openssl x509 -req -CA "$instance_dir/clients/ca.pem" -CAkey "$instance_dir/ca.key" \
      -set_serial "0x$(openssl rand -hex 8)" -days 30 -extfile <(echo "$extensions") \
      -out "$3" 2>/dev/null
}

# Writes a user's files: one for Kafka's tools per mechanism (USER.properties
# is SCRAM-SHA-512), and USER.kcat for kcat -F.
write_client_files() {
  local user=$1 dir="$instance_dir/clients" mechanism file module
  for mechanism in SCRAM-SHA-512 SCRAM-SHA-256 PLAIN; do
    module=scram.ScramLoginModule
    case $mechanism in
      SCRAM-SHA-512) file="$user.properties" ;;
      SCRAM-SHA-256) file="$user.scram-sha-256.properties" ;;
      PLAIN)
        file="$user.plain.properties"
        module=plain.PlainLoginModule
        ;;
    esac
    cat >"$dir/$file" <<-PROPERTIES
	security.protocol=SASL_SSL
	ssl.truststore.type=PEM
	ssl.truststore.location=$dir/ca.pem
	sasl.mechanism=$mechanism
	sasl.jaas.config=org.apache.kafka.common.security.$module required username="$user" password="$(password_of "$user")";
	PROPERTIES
  done
  # PLAIN: librdkafka before 2.6.1, so the kcat of Debian 12, sends a wrong
  # nonce in SCRAM, which Kafka 4 refuses (confluentinc/librdkafka#4895).
  cat >"$dir/$user.kcat" <<-KCAT
	security.protocol=SASL_SSL
	ssl.ca.location=$dir/ca.pem
	sasl.mechanism=PLAIN
	sasl.username=$user
	sasl.password=$(password_of "$user")
	KCAT
}

# Prints the security part of a server.properties.
secure_properties() {
  local login="org.apache.kafka.common.security.plain.PlainLoginModule required"
  local scram="org.apache.kafka.common.security.scram.ScramLoginModule required;"
  local admin user listener known=
  admin="username=\"admin\" password=\"$(password_of admin)\""
  for user in "${users[@]}"; do known+=" user_$user=\"$(password_of "$user")\""; done
  cat <<-PROPERTIES
	listener.security.protocol.map=CLIENT:SASL_SSL,MTLS:SSL,CLEAR:SASL_PLAINTEXT,CONTROLLER:SASL_SSL
	ssl.keystore.type=PEM
	ssl.keystore.location=$instance_dir/server.pem
	ssl.truststore.type=PEM
	ssl.truststore.location=$instance_dir/clients/ca.pem
	authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
	super.users=User:admin
	# The certificate's common name is the user: CN=alice is User:alice.
	listener.name.mtls.ssl.client.auth=required
	listener.name.mtls.ssl.principal.mapping.rules=RULE:^CN=([^,]+).*\$/\$1/
	# Among the nodes PLAIN: SCRAM users live in the metadata, which they read
	# through these very connections.
	sasl.mechanism.inter.broker.protocol=PLAIN
	sasl.mechanism.controller.protocol=PLAIN
	listener.name.controller.sasl.enabled.mechanisms=PLAIN
	listener.name.controller.plain.sasl.jaas.config=$login $admin user_admin="$(password_of admin)";
	PROPERTIES
  for listener in client clear; do
    cat <<-PROPERTIES
	listener.name.$listener.sasl.enabled.mechanisms=SCRAM-SHA-512,SCRAM-SHA-256,PLAIN
	listener.name.$listener.scram-sha-512.sasl.jaas.config=$scram
	listener.name.$listener.scram-sha-256.sasl.jaas.config=$scram
	listener.name.$listener.plain.sasl.jaas.config=$login $admin$known;
	PROPERTIES
  done
}

# Whether nodes answer a request authenticated by SCRAM. The users are loaded
# some time after the ports answer.
secure_brokers_answer() {
  local id reply
  reply="$(timeout 60 java "${quick_java[@]}" "${kafka_java[@]}" -Dkafka.log.level=OFF \
    org.apache.kafka.tools.BrokerApiVersionsCommand --bootstrap-server "$(bootstrap)" \
    --command-config "$instance_dir/clients/admin.properties" 2>/dev/null)" || return 1
  for id in "$@"; do
    grep -q "^127.0.0.1:$(broker_port "$id") (id: $id .*) -> ($" <<<"$reply" || return 1
  done
}

# Fails for an instance that an older dev/kafka has made: its nodes do not listen
# where clients are sent now.
refuse_outdated() {
  local id port
  [[ $secure ]] || return 0
  for id in $(broker_ids); do
    for port in mtls-port clear-port; do
      [[ -s $(broker_dir "$id")/$port ]] ||
        fail "$instance is of an older dev/kafka: it has no $port" \
          "run dev/kafka down, which ends every instance, and dev/kafka up again"
    done
  done
}

# Prints what a client needs beside the brokers; for an instance without
# security, forgets what would make the tools use it.
print_secure_env() {
  local dir="$instance_dir/clients" user prefix
  if [[ ! $secure ]]; then
    echo "unset FLOWCTL_DEV_COMMAND_CONFIG"
    return
  fi
  print_export COMMAND_CONFIG "$dir/admin.properties"
  print_export CLIENTS "$dir"
  print_export CA "$dir/ca.pem"
  print_export UNKNOWN_CA "$dir/unknown-ca.pem"
  print_export MTLS_BROKERS "$(bootstrap mtls-port)"
  print_export MTLS_CERTIFICATE "$dir/alice.crt"
  print_export MTLS_KEY "$dir/alice.key"
  print_export CLEAR_BROKERS "$(bootstrap clear-port)"
  for user in "${users[@]}"; do
    prefix="${user^^}"
    print_export "${prefix}_PROPERTIES" "$dir/$user.properties"
    print_export "${prefix}_PASSWORD" "$(password_of "$user")"
  done
}

print_export() { printf 'export FLOWCTL_DEV_%s=%q\n' "$1" "$2"; }
