//! TLS: which certificates are trusted, who the client is, and what a failed handshake means.

use std::sync::Arc;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};

use crate::kafka::Error;
use crate::kafka::connection::{Identity, Pem, TlsSettings, Verification};

/// Makes rustls' configuration from the settings; reads the files they name.
pub(super) fn client_config(settings: &TlsSettings) -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|e| Error::Settings(format!("cannot set up TLS: {e}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier(settings, provider)?);
    let config = match &settings.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let chain = certificates(&identity.certificate)?;
            let key = private_key(identity)?;
            builder.with_client_auth_cert(chain, key).map_err(|e| {
                Error::Settings(format!(
                    "client certificate {} and key {} do not fit: {e}",
                    name(&identity.certificate),
                    name(&identity.key)
                ))
            })?
        }
    };
    Ok(Arc::new(config))
}

/// Makes what checks the broker's certificate.
fn verifier(
    settings: &TlsSettings,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    let strict = |provider: &Arc<CryptoProvider>| {
        let roots = Arc::new(roots(settings.ca.as_ref())?);
        WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider))
            .build()
            .map_err(|e| Error::Settings(format!("cannot set up TLS: {e}")))
    };
    Ok(match settings.verification {
        Verification::Full => strict(&provider)?,
        Verification::AnyName => Arc::new(Lenient { strict: Some(strict(&provider)?), provider }),
        Verification::Nothing => Arc::new(Lenient { strict: None, provider }),
    })
}

/// Collects the trusted certificates: those given, or else the system's.
fn roots(ca: Option<&Pem>) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    if let Some(ca) = ca {
        for certificate in certificates(ca)? {
            roots.add(certificate).map_err(|e| {
                Error::Settings(format!("cannot trust a certificate of {}: {e}", name(ca)))
            })?;
        }
        return Ok(roots);
    }
    let native = rustls_native_certs::load_native_certs();
    let found = native.certs.len();
    let (added, _) = roots.add_parsable_certificates(native.certs);
    if added == 0 {
        return Err(Error::Settings(format!(
            "this system has no trusted certificates ({found} found); name the authority's with \
             ssl.ca.location"
        )));
    }
    Ok(roots)
}

/// Reads the certificates of a PEM.
fn certificates(pem: &Pem) -> Result<Vec<CertificateDer<'static>>, Error> {
    let bytes = read(pem)?;
    let certificates: Vec<_> = CertificateDer::pem_slice_iter(&bytes)
        .collect::<Result<_, _>>()
        .map_err(|e| Error::Settings(format!("{} is not PEM: {e}", name(pem))))?;
    if certificates.is_empty() {
        return Err(Error::Settings(format!(
            "{} holds no certificate in PEM; convert a JKS or PKCS#12 store with `openssl pkcs12`",
            name(pem)
        )));
    }
    Ok(certificates)
}

/// Reads the private key of a PEM.
fn private_key(identity: &Identity) -> Result<PrivateKeyDer<'static>, Error> {
    let pem = &identity.key;
    let bytes = read(pem)?;
    // Both PKCS#8 (`BEGIN ENCRYPTED PRIVATE KEY`) and the older form (`Proc-Type: 4,ENCRYPTED`).
    if memchr::memmem::find(&bytes, b"ENCRYPTED").is_some() {
        return Err(Error::Settings(format!(
            "{} is encrypted, and reading needs it in the clear: `openssl pkey -in KEY -out \
             CLEAR_KEY` writes it so",
            name(pem)
        )));
    }
    PrivateKeyDer::from_pem_slice(&bytes)
        .map_err(|e| Error::Settings(format!("{} holds no private key in PEM: {e}", name(pem))))
}

/// Reads the bytes of a PEM.
fn read(pem: &Pem) -> Result<Vec<u8>, Error> {
    match pem {
        Pem::File(path) => std::fs::read(path)
            .map_err(|e| Error::Settings(format!("cannot read {}: {e}", name(pem)))),
        Pem::Text(text) => Ok(text.reveal().as_bytes().to_vec()),
    }
}

/// Names a PEM for messages; never its text.
fn name(pem: &Pem) -> String {
    match pem {
        Pem::File(path) => format!("`{}`", path.display()),
        Pem::Text(_) => "the given PEM text".to_owned(),
    }
}

/// Checks less than it should, because the settings say so: without `strict` nothing but that the
/// peer holds the key of its certificate, with `strict` everything but the name.
#[derive(Debug)]
struct Lenient {
    strict: Option<Arc<WebPkiServerVerifier>>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(strict) = &self.strict else { return Ok(ServerCertVerified::assertion()) };
        match strict.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
        {
            // The name is checked last, so all else was in order.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
