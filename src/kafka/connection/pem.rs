//! TLS from properties: certificates and keys as PEM, in a file or as text.

use std::path::{Path, PathBuf};

use super::{Identity, Pem, Properties, Secret, TlsSettings, Verification};
use crate::kafka::Error;

/// Reads all `ssl.*` properties. Files are not opened here.
pub(super) fn tls(properties: &Properties) -> Result<TlsSettings, Error> {
    Ok(TlsSettings {
        ca: ca(properties)?,
        identity: identity(properties)?,
        verification: verification(properties)?,
    })
}

/// Finds the certificates to trust.
fn ca(properties: &Properties) -> Result<Option<Pem>, Error> {
    let java = match properties.text("ssl.truststore.location") {
        Some(file) => Some(Pem::File(java_store(properties, "truststore", file)?)),
        None => None,
    };
    let librdkafka = properties
        .text("ssl.ca.location")
        // librdkafka's word for "wherever this system keeps them".
        .filter(|file| *file != "probe")
        .map(|file| Pem::File(PathBuf::from(file)));
    one(
        "the certificates to trust",
        [
            ("ssl.ca.location", librdkafka),
            ("ssl.ca.pem", text(properties, "ssl.ca.pem")),
            ("ssl.truststore.location", java),
            ("ssl.truststore.certificates", text(properties, "ssl.truststore.certificates")),
        ],
    )
}

/// Finds the client's own certificate and key.
fn identity(properties: &Properties) -> Result<Option<Identity>, Error> {
    // A PEM key store of Java has the certificates and the key in one file.
    let store = match properties.text("ssl.keystore.location") {
        Some(file) => Some(Pem::File(java_store(properties, "keystore", file)?)),
        None => None,
    };
    let file = |key| properties.text(key).map(|file| Pem::File(PathBuf::from(file)));
    let certificate = one(
        "the client's certificate",
        [
            ("ssl.certificate.location", file("ssl.certificate.location")),
            ("ssl.certificate.pem", text(properties, "ssl.certificate.pem")),
            ("ssl.keystore.location", store.clone()),
            ("ssl.keystore.certificate.chain", text(properties, "ssl.keystore.certificate.chain")),
        ],
    )?;
    let key = one(
        "the client's key",
        [
            ("ssl.key.location", file("ssl.key.location")),
            ("ssl.key.pem", text(properties, "ssl.key.pem")),
            ("ssl.keystore.location", store),
            ("ssl.keystore.key", text(properties, "ssl.keystore.key")),
        ],
    )?;
    match (certificate, key) {
        (None, None) => Ok(None),
        (Some(certificate), Some(key)) => Ok(Some(Identity {
            certificate,
            key,
            key_password: properties.text("ssl.key.password").map(Secret::new),
        })),
        (Some(_), None) => Err(Error::Settings(
            "a client certificate is set without its key: set `ssl.key.location` too".to_owned(),
        )),
        (None, Some(_)) => Err(Error::Settings(
            "a client key is set without its certificate: set `ssl.certificate.location` too"
                .to_owned(),
        )),
    }
}

/// Picks the one that is set.
fn one(what: &str, candidates: [(&str, Option<Pem>); 4]) -> Result<Option<Pem>, Error> {
    let mut found: Option<(&str, Pem)> = None;
    for (name, pem) in candidates {
        match (&found, pem) {
            (Some((first, _)), Some(_)) => {
                return Err(Error::Settings(format!(
                    "`{first}` and `{name}` both set {what}: keep one of them"
                )));
            }
            (None, Some(pem)) => found = Some((name, pem)),
            (Some(_) | None, None) => {}
        }
    }
    Ok(found.map(|(_, pem)| pem))
}

/// Takes a store of a Java client if it is PEM; says how to convert the others.
fn java_store(properties: &Properties, store: &str, file: &str) -> Result<PathBuf, Error> {
    let declared = properties.text(&format!("ssl.{store}.type"));
    let extension = Path::new(file).extension().and_then(|extension| extension.to_str());
    let looks_like_pem = extension.is_some_and(|extension| {
        ["pem", "crt", "cer"].iter().any(|known| known.eq_ignore_ascii_case(extension))
    });
    let is_pem = match declared {
        Some(kind) => kind.eq_ignore_ascii_case("PEM"),
        None => looks_like_pem,
    };
    if is_pem {
        return Ok(PathBuf::from(file));
    }
    let kind = match (declared, extension) {
        (Some(kind), _) => kind.to_uppercase(),
        (None, Some(extension))
            if ["p12", "pfx"].iter().any(|known| known.eq_ignore_ascii_case(extension)) =>
        {
            "PKCS12".to_owned()
        }
        (None, _) => "JKS".to_owned(),
    };
    let convert = if store == "truststore" {
        format!("keytool -exportcert -rfc -keystore {file} -alias NAME > ca.pem")
    } else if kind == "PKCS12" {
        format!("openssl pkcs12 -in {file} -nodes -out client.pem")
    } else {
        format!(
            "keytool -importkeystore -srckeystore {file} -destkeystore client.p12 \
             -deststoretype PKCS12 && openssl pkcs12 -in client.p12 -nodes -out client.pem"
        )
    };
    let instead = if store == "truststore" {
        "`ssl.ca.location=ca.pem`"
    } else {
        "`ssl.certificate.location=client.pem` and `ssl.key.location=client.pem`"
    };
    Err(Error::Settings(format!(
        "`ssl.{store}.location` is a {kind} store, and only PEM is read; convert it with `{convert}` \
         and set {instead} instead"
    )))
}

/// Returns PEM text.
fn text(properties: &Properties, key: &str) -> Option<Pem> {
    properties.text(key).map(|text| Pem::Text(Secret::new(with_lines(text))))
}

/// Gives PEM on one line, as Java takes it, its lines back.
fn with_lines(text: &str) -> String {
    if text.contains('\n') {
        return text.to_owned();
    }
    let mut out = String::new();
    for (index, piece) in text.split("-----").enumerate() {
        // Every other piece is the name between the dashes: `BEGIN CERTIFICATE`.
        if index % 2 == 1 {
            out.push_str("-----");
            out.push_str(piece);
            out.push_str("-----\n");
        } else {
            for line in piece.split_whitespace() {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// Reads which certificates of brokers are taken. `ssl.endpoint.identification.algorithm` is off
/// when it is empty (Java) or `none` (librdkafka).
fn verification(properties: &Properties) -> Result<Verification, Error> {
    let key = "ssl.endpoint.identification.algorithm";
    let with_name = match properties.get(key).map(|property| property.value.trim().to_lowercase()) {
        None => Verification::Full,
        Some(value) if value == "https" => Verification::Full,
        Some(value) if value.is_empty() || value == "none" => Verification::AnyName,
        Some(value) => {
            return Err(Error::Settings(format!(
                "`{key}` is `{value}`, it must be `https` or `none`"
            )));
        }
    };
    let is_on = boolean(properties, "enable.ssl.certificate.verification", true)?;
    Ok(if is_on { with_name } else { Verification::Nothing })
}

/// Reads a boolean in librdkafka's words.
fn boolean(properties: &Properties, key: &str, default: bool) -> Result<bool, Error> {
    match properties.text(key).map(str::to_lowercase).as_deref() {
        None => Ok(default),
        Some("true" | "t" | "1") => Ok(true),
        Some("false" | "f" | "0") => Ok(false),
        Some(value) => {
            Err(Error::Settings(format!("`{key}` is `{value}`, it must be `true` or `false`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TlsSettings, String> {
        tls(&Properties::parse(text, "f").unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn both_clients_words_mean_the_same() {
        let librdkafka = read(
            "ssl.ca.location=ca.pem\nssl.certificate.location=c.pem\nssl.key.location=c.pem\n\
             ssl.key.password=x\nssl.endpoint.identification.algorithm=none",
        );
        let java = read(
            "ssl.truststore.type=PEM\nssl.truststore.location=ca.pem\nssl.keystore.type=pem\n\
             ssl.keystore.location=c.pem\nssl.key.password=x\nssl.endpoint.identification.algorithm=",
        );
        assert_eq!(librdkafka, java);
        let java = java.unwrap();
        assert_eq!(java.ca, Some(Pem::File("ca.pem".into())));
        assert_eq!(java.verification, Verification::AnyName);
        assert_eq!(read("ssl.ca.location=probe").unwrap(), TlsSettings::default());
    }

    #[test]
    fn no_verification_is_that_whatever_is_said_of_the_name() {
        for name in ["", "\nssl.endpoint.identification.algorithm=https"] {
            let tls = read(&format!("enable.ssl.certificate.verification=false{name}")).unwrap();
            assert_eq!(tls.verification, Verification::Nothing);
        }
    }

    #[test]
    fn text_on_one_line_gets_its_lines_back() {
        let tls = read(
            "ssl.truststore.certificates=-----BEGIN CERTIFICATE----- AA BB -----END CERTIFICATE-----",
        )
        .unwrap();
        let Some(Pem::Text(text)) = tls.ca else { panic!("text expected") };
        assert_eq!(
            text.reveal(),
            "-----BEGIN CERTIFICATE-----\nAA\nBB\n-----END CERTIFICATE-----\n"
        );
    }

    #[test]
    fn other_stores_say_how_to_convert() {
        let error = read("ssl.truststore.location=t.jks").unwrap_err();
        assert!(error.contains("JKS") && error.contains("keytool -exportcert"), "{error}");
        let error = read("ssl.keystore.location=k.p12").unwrap_err();
        assert!(error.contains("PKCS12") && error.contains("openssl pkcs12 -in k.p12"), "{error}");
        let error = read("ssl.keystore.location=k\nssl.keystore.type=JKS").unwrap_err();
        assert!(error.contains("-importkeystore"), "{error}");
        assert!(read("ssl.truststore.location=ca.pem").unwrap().ca.is_some());
    }

    #[test]
    fn what_does_not_fit_together_is_refused() {
        for (text, why) in [
            ("ssl.ca.location=a\nssl.ca.pem=b", "keep one of them"),
            ("ssl.certificate.location=a", "without its key"),
            ("ssl.key.location=a", "without its certificate"),
            ("ssl.endpoint.identification.algorithm=maybe", "`https` or `none`"),
            ("enable.ssl.certificate.verification=maybe", "`true` or `false`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
