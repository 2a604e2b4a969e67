//! `ApiVersions`: what the sandbox can do.

use kafka_protocol::ResponseError;
use kafka_protocol::messages::api_versions_response::ApiVersion;
use kafka_protocol::messages::{ApiVersionsRequest, ApiVersionsResponse};
use kafka_protocol::protocol::VersionRange;

use super::{Call, Caller, Offered, offered, versions};

impl Call for ApiVersionsRequest {
    const OFFERED: VersionRange = versions(0, 4);

    async fn answer(self, caller: &mut Caller) -> ApiVersionsResponse {
        // A client that says who it is has to say it properly, as Kafka wants it (KIP-511).
        if caller.version >= 3
            && !(is_name(&self.client_software_name) && is_name(&self.client_software_version))
        {
            return self.refuse(ResponseError::InvalidRequest);
        }
        caller.session.greet();
        ApiVersionsResponse::default().with_api_keys(api_keys())
    }

    fn refuse(self, error: ResponseError) -> ApiVersionsResponse {
        ApiVersionsResponse::default().with_error_code(error.code())
    }
}

/// Answers a client that asked in a version that is not known: in version 0, which everybody can
/// read.
pub(in crate::sandbox) fn unsupported_version() -> ApiVersionsResponse {
    ApiVersionsResponse::default()
        .with_error_code(ResponseError::UnsupportedVersion.code())
        .with_api_keys(api_keys())
}

/// Says which versions of which calls are offered.
fn api_keys() -> Vec<ApiVersion> {
    let api_key = |call: Offered| {
        ApiVersion::default()
            .with_api_key(call.key)
            .with_min_version(call.versions.min)
            .with_max_version(call.versions.max)
    };
    offered().into_iter().map(api_key).collect()
}

/// Tells whether a text may name software: letters and digits, and dots and dashes inside.
fn is_name(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric();
    text.starts_with(is_plain)
        && text.ends_with(is_plain)
        && text.chars().all(|c| is_plain(c) || c == '.' || c == '-')
}
