# shellcheck shell=bash
# Apache Kafka's jars from Maven artifacts, in a cache outside the repository,
# and the one way to run a class from them.

kafka_version="${FLOWCTL_DEV_KAFKA_VERSION:-4.1.1}"
# Kafka's POMs leave the logging backend out; without one the broker is mute.
# log4j-slf4j-impl is the binding for slf4j 1.7, which Kafka 4.1 uses.
log4j_version=2.25.1
jars="${XDG_CACHE_HOME:-$HOME/.cache}/flowctl-dev/kafka-$kafka_version"

# Fetches the jars unless they are there. The folder appears by one rename, so
# it is complete whenever it exists; the lock lets a second caller wait instead
# of fetching too.
ensure_jars() {
  if [[ -d $jars ]]; then
    "$dev/need" java
    return
  fi
  "$dev/need" java mvn
  mkdir -p "$(dirname "$jars")"
  (
    flock 8
    [[ -d $jars ]] && exit
    rm -rf "$jars".partial.* # left by a fetch that was killed
    partial="$(mktemp -d "$jars.partial.XXXXXX")"
    echo "fetching Kafka $kafka_version into $jars" >&2
    write_pom >"$partial/pom.xml"
    # --strict-checksums: a damaged download fails here, not as a broken class.
    mvn -q -B --strict-checksums -f "$partial/pom.xml" \
      org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies \
      -DincludeScope=runtime -DoutputDirectory="$partial/jars" >"$partial/log" 2>&1 || {
      cat "$partial/log" >&2
      fail "cannot fetch Kafka $kafka_version with Maven"
    }
    mv "$partial/jars" "$jars"
    rm -rf "$partial"
  ) 8>"$jars.lock"
}

write_pom() {
  local artifact
  echo '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>'
  echo '<groupId>flowctl</groupId><artifactId>dev-kafka</artifactId><version>1</version>'
  echo '<packaging>pom</packaging><dependencies>'
  for artifact in "org.apache.kafka kafka_2.13 $kafka_version" \
    "org.apache.kafka kafka-tools $kafka_version" \
    "org.apache.logging.log4j log4j-api $log4j_version" \
    "org.apache.logging.log4j log4j-core $log4j_version" \
    "org.apache.logging.log4j log4j-slf4j-impl $log4j_version"; do
    # shellcheck disable=SC2086 # three words on purpose
    printf '<dependency><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version></dependency>\n' $artifact
  done
  echo '</dependencies></project>'
}

# The fast start: most of these processes live for a second, and the brokers of
# the tests serve little. Neither the optimising compiler nor G1 pays off.
quick_java=(-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xmx512m)

# What every one of Kafka's processes needs.
kafka_java=(-cp "$jars/*" -Dlog4j2.configurationFile="$dev/lib/log4j2.properties")
