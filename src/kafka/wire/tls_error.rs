//! What a failed TLS handshake means, and what to do about it.

use std::io;

use rustls::{AlertDescription, CertificateError};

use crate::kafka::Error;
use crate::kafka::connection::Address;

/// What the client showed of itself in the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Showed {
    /// A certificate.
    Certificate,
    /// Nothing.
    Nothing,
}

/// Says what a failure in the middle of the handshake means.
pub(super) fn of_handshake(address: &Address, error: &io::Error, showed: Showed) -> Error {
    let closed = matches!(
        error.kind(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe
    );
    match inner(error) {
        Some(inner) => explain(address, inner, showed),
        None if closed => tls(
            address,
            "the peer closed the connection during the handshake".to_owned(),
            Some(PLAINTEXT_LISTENER),
        ),
        None => tls(address, error.to_string(), None),
    }
}

/// Returns rustls' own error, if that is what failed; it also arrives on the first read, because
/// with TLS 1.3 the client is done before the broker has looked at the client's certificate.
pub(super) fn of_reading(address: &Address, error: &io::Error, showed: Showed) -> Option<Error> {
    inner(error).map(|inner| explain(address, inner, showed))
}

/// What to do when the listener does not speak TLS.
const PLAINTEXT_LISTENER: &str = "a listener without TLS closes so: check the port, or use \
                                  -X security.protocol=PLAINTEXT or SASL_PLAINTEXT";

/// Returns the error of rustls inside of an error of I/O.
fn inner(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// Says what an error of rustls means.
fn explain(address: &Address, error: &rustls::Error, showed: Showed) -> Error {
    if let rustls::Error::InvalidCertificate(certificate) = error {
        return explain_certificate(address, certificate);
    }
    if let rustls::Error::InvalidMessage(_) = error {
        let cause = "what the peer sent is not TLS".to_owned();
        return tls(address, cause, Some(PLAINTEXT_LISTENER));
    }
    if let rustls::Error::AlertReceived(alert) = error {
        return explain_alert(address, *alert, showed);
    }
    tls(address, error.to_string(), None)
}

/// Says why the broker's certificate was not accepted.
fn explain_certificate(address: &Address, error: &CertificateError) -> Error {
    let host = &address.host;
    if let CertificateError::UnknownIssuer = error {
        let cause = "the broker's certificate was issued by an unknown authority".to_owned();
        let hint = "name the authority's certificate with -X ssl.ca.location=FILE";
        return tls(address, cause, Some(hint));
    }
    if let CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } =
        error
    {
        let names = names(error);
        let cause = format!("the broker's certificate is not valid for `{host}`{names}");
        let hint = "connect by a name that is in the certificate, or switch this check off with -X \
                    ssl.endpoint.identification.algorithm=none";
        return tls(address, cause, Some(hint));
    }
    let of_time = [
        matches!(error, CertificateError::Expired | CertificateError::ExpiredContext { .. }),
        matches!(
            error,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }
        ),
    ];
    let hint = of_time.contains(&true).then_some("check this machine's clock and the certificate");
    tls(address, format!("the broker's certificate is not accepted: {error}"), hint)
}

/// Tells which names a certificate has.
fn names(error: &CertificateError) -> String {
    let CertificateError::NotValidForNameContext { presented, .. } = error else {
        return String::new();
    };
    if presented.is_empty() {
        ": it has no subject alternative name".to_owned()
    } else {
        format!(", only for {}", presented.join(", "))
    }
}

/// Says why the broker did not accept the client.
fn explain_alert(address: &Address, alert: AlertDescription, showed: Showed) -> Error {
    let of_the_client_certificate = [
        AlertDescription::CertificateRequired,
        AlertDescription::NoCertificate,
        // What Java says also when there is no certificate at all.
        AlertDescription::BadCertificate,
        AlertDescription::CertificateUnknown,
        AlertDescription::CertificateExpired,
        AlertDescription::UnknownCA,
        AlertDescription::AccessDenied,
        // What a broker on TLS 1.2 says when the certificate is missing.
        AlertDescription::HandshakeFailure,
    ];
    let hint = "name a client certificate that the broker trusts with -X \
                ssl.certificate.location=FILE and -X ssl.key.location=FILE";
    if !of_the_client_certificate.contains(&alert) {
        return tls(address, format!("the broker broke off with alert {alert:?}"), None);
    }
    let cause = match showed {
        Showed::Nothing => format!("the broker requires a client certificate ({alert:?})"),
        Showed::Certificate => {
            format!("the broker does not accept the client's certificate ({alert:?})")
        }
    };
    tls(address, cause, Some(hint))
}

/// Makes the error.
fn tls(address: &Address, cause: String, hint: Option<&str>) -> Error {
    Error::Tls { address: address.to_string(), cause, hint: hint.map(str::to_owned) }
}

/// A peer answered plaintext with a TLS alert.
pub(super) fn plaintext_to_tls(address: &Address) -> Error {
    let hint = "the listener wants TLS: use -X security.protocol=SSL or SASL_SSL";
    tls(address, "the listener speaks TLS, and it was addressed without".to_owned(), Some(hint))
}
