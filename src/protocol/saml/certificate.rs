//! X.509 certificates in metadata: containers of keys. Nothing in them is trusted but the key, which gets pinned.

use super::key::KeyFault;
use super::key::SigningKey;
use chrono::DateTime;
use chrono::Utc;
use x509_cert::Certificate as X509;
use x509_cert::der::Decode as _;
use x509_cert::time::Time;

/// Why a certificate is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// Not base64 of a DER certificate.
    #[error("the certificate is malformed")]
    Malformed,
    /// The key in it is not accepted.
    #[error("the certificate's key is refused: {0}")]
    Key(#[from] KeyFault),
}

pub(super) struct Certificate {
    pub(super) key: SigningKey,
    pub(super) not_before: Option<DateTime<Utc>>,
    pub(super) not_after: Option<DateTime<Utc>>,
}

pub(super) fn parse_certificate(der: &[u8]) -> Result<Certificate, CertificateFault> {
    let certificate = X509::from_der(der).map_err(|_| CertificateFault::Malformed)?.tbs_certificate;
    Ok(Certificate {
        key: SigningKey::from_info(&certificate.subject_public_key_info)?,
        not_before: instant(certificate.validity.not_before),
        not_after: instant(certificate.validity.not_after),
    })
}

fn instant(time: Time) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(time.to_unix_duration().as_secs()).ok()?, 0)
}
