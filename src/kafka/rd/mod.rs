//! Writing over librdkafka: the only folder that names rdkafka.
