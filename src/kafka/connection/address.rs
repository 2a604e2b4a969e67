//! Bootstrap lists: `host`, `host:port` and `[::1]:9092`, with commas between them.

use super::Address;
use crate::kafka::Error;

/// The port that Kafka's documentation uses everywhere.
const DEFAULT_PORT: u16 = 9092;

/// Reads a list of addresses; each error names the part that is wrong.
pub(super) fn parse_list(text: &str) -> Result<Vec<Address>, Error> {
    // What stands before it is not shown: whoever writes a user there writes the password too.
    if let Some((_, host)) = text.rsplit_once('@') {
        return Err(Error::Settings(format!(
            "`…@{host}` is not a list of brokers: give HOST:PORT, and the user by `sasl.username` and \
             `sasl.password`"
        )));
    }
    let mut addresses = Vec::new();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let address = parse(part)
            .map_err(|why| Error::Settings(format!("`{part}` is not a broker address: {why}")))?;
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(Error::Settings("the list of brokers is empty: give HOST:PORT".to_owned()));
    }
    Ok(addresses)
}

/// Reads one address.
fn parse(text: &str) -> Result<Address, String> {
    // `PLAINTEXT://host:port` is how listeners are written in a broker's configuration, and
    // librdkafka takes it; what it says about security is decided by `security.protocol`.
    let text = match text.split_once("://") {
        Some((scheme, rest)) if is_listener(scheme) => rest,
        Some((scheme, _)) => {
            return Err(format!("`{scheme}://` is no Kafka listener, give HOST:PORT"));
        }
        None => text,
    };
    let (host, port) = split(text)?;
    if host.is_empty() {
        return Err("the host is missing".to_owned());
    }
    if let Some(illegal) = host.chars().find(|c| !is_host_character(*c)) {
        return Err(format!("`{}` cannot stand in a host name", illegal.escape_default()));
    }
    let port = match port {
        None => DEFAULT_PORT,
        Some(port) => match port.parse::<u16>() {
            Ok(0) | Err(_) => return Err(format!("`{port}` is not a port (1 to 65535)")),
            Ok(port) => port,
        },
    };
    Ok(Address { host: host.to_owned(), port })
}

/// Splits host and port; an IPv6 address stands in brackets when a port follows.
fn split(text: &str) -> Result<(&str, Option<&str>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or("`]` is missing")?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(format!("`{after}` after `]` is not a port")),
        };
    }
    match text.split_once(':') {
        None => Ok((text, None)),
        Some((host, port)) if !port.contains(':') => Ok((host, Some(port))),
        Some(_) if text.parse::<std::net::Ipv6Addr>().is_ok() => Ok((text, None)),
        Some(_) => Err("write an IPv6 address in brackets, such as `[::1]:9092`".to_owned()),
    }
}

/// Tells whether the scheme is one of Kafka's security protocols.
fn is_listener(scheme: &str) -> bool {
    ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(scheme))
}

/// Tells whether the character can stand in a host name or an IP address (`%` names its zone).
fn is_host_character(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '%')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        parse_list(text).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lists_are_read_with_the_default_port() {
        assert_eq!(shown("a, b:1,,[::1]:2"), ["a:9092", "b:1", "[::1]:2"]);
        assert_eq!(shown("::1"), ["[::1]:9092"]);
        assert_eq!(shown("[fe80::1%eth0]"), ["[fe80::1%eth0]:9092"]);
        assert_eq!(shown("SASL_SSL://a:9093,a:9093"), ["a:9093"]);
    }

    #[test]
    fn a_password_before_a_host_is_not_shown() {
        for text in
            ["u:hunter2@a:1", "hunter2@a", "u:hun,ter2@a", "SSL://u:hunter2@a:1,b", "hunter2@"]
        {
            let error = parse_list(text).unwrap_err().to_string();
            assert!(error.contains("`…@") && !error.contains("hun"), "{text}: {error}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, why) in [
            ("", "empty"),
            (" , ", "empty"),
            ("a:b", "`b` is not a port"),
            ("a:0", "`0` is not a port"),
            ("a:70000", "`70000` is not a port"),
            (":9092", "host is missing"),
            ("[::1", "`]` is missing"),
            ("[::1]9092", "after `]`"),
            ("1:2:3", "brackets"),
            ("http://a", "`http://`"),
            ("a b:1", "cannot stand in a host"),
            ("a/b", "cannot stand in a host"),
        ] {
            let error = parse_list(text).unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
