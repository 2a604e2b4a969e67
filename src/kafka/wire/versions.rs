//! Which version of each request both sides speak.

use std::collections::BTreeMap;

use kafka_protocol::messages::{ApiKey, ApiVersionsResponse};
use kafka_protocol::protocol::{Message, Request, VersionRange};

/// What a broker said about its APIs.
#[derive(Debug, Clone, Default)]
pub(super) struct Versions(BTreeMap<i16, VersionRange>);

impl Versions {
    /// Reads a broker's answer.
    pub(super) fn new(response: &ApiVersionsResponse) -> Self {
        let range = |min, max| VersionRange { min, max };
        Self(
            response
                .api_keys
                .iter()
                .map(|api| (api.api_key, range(api.min_version, api.max_version)))
                .collect(),
        )
    }

    /// Returns the newest version of a request that both sides speak.
    pub(super) fn choose<R: Request>(&self) -> Option<i16> {
        // Never `ApiKey::valid_versions`: it claims versions that the request type cannot encode.
        let ours = R::VERSIONS.intersect(&<R::Response as Message>::VERSIONS);
        let both = self.0.get(&R::KEY)?.intersect(&ours);
        (!both.is_empty()).then_some(both.max)
    }
}

/// Returns Kafka's name of a request: `ListOffsets`.
pub(crate) fn request_name(key: i16) -> String {
    ApiKey::try_from(key).map_or_else(|()| format!("request {key}"), |api| format!("{api:?}"))
}

#[cfg(test)]
mod tests {
    use kafka_protocol::messages::api_versions_response::ApiVersion;
    use kafka_protocol::messages::{FetchRequest, ListGroupsRequest, OffsetFetchRequest};

    use super::*;

    fn broker(apis: &[(i16, i16, i16)]) -> Versions {
        let mut response = ApiVersionsResponse::default();
        response.api_keys.extend(apis.iter().map(|(api, min, max)| {
            ApiVersion::default().with_api_key(*api).with_min_version(*min).with_max_version(*max)
        }));
        Versions::new(&response)
    }

    #[test]
    fn the_newest_common_version_is_chosen() {
        let versions = broker(&[(OffsetFetchRequest::KEY, 0, 12), (FetchRequest::KEY, 4, 11)]);
        assert_eq!(versions.choose::<OffsetFetchRequest>(), Some(9), "what the type can encode");
        assert_eq!(versions.choose::<FetchRequest>(), Some(11), "what the broker takes");
        assert_eq!(versions.choose::<ListGroupsRequest>(), None, "what the broker does not know");
        let ancient = broker(&[(FetchRequest::KEY, 0, 3)]);
        assert_eq!(ancient.choose::<FetchRequest>(), None);
    }

    #[test]
    fn requests_have_kafkas_names() {
        assert_eq!(request_name(2), "ListOffsets");
        assert_eq!(request_name(999), "request 999");
    }
}
