//! A self-signed X.509 certificate (RFC 5280), written by hand: an IdP's certificate is only a box for its key.

use crate::lab::error::LabError;
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use chrono::{DateTime, Duration, Utc};

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const UTF8_STRING: u8 = 0x0c;
const UTC_TIME: u8 = 0x17;
const VERSION: u8 = 0xa0;
/// `sha256WithRSAEncryption` with its NULL parameters.
const SHA256_WITH_RSA: &[u8] = &[0x06, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0];
const COMMON_NAME: &[u8] = &[0x06, 3, 0x55, 4, 3];

/// The DER of a certificate for `key`, valid from a day before `now` for ten years.
pub(super) fn self_signed(key: &KeyPair, name: &str, serial: [u8; 8], now: DateTime<Utc>) -> Result<Vec<u8>, LabError> {
    let public = AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key())?;
    let algorithm = tlv(SEQUENCE, &[SHA256_WITH_RSA]);
    let name = distinguished_name(name);
    // RFC 5280 §4.1.2.2: a positive number, in its shortest form.
    let mut serial = serial;
    serial[0] = serial[0] & 0x7f | 0x40;
    let to_be_signed = tlv(
        SEQUENCE,
        &[
            &tlv(VERSION, &[&tlv(INTEGER, &[&[2]])]),
            &tlv(INTEGER, &[&serial]),
            &algorithm,
            &name,
            &tlv(SEQUENCE, &[&utc_time(now - Duration::days(1)), &utc_time(now + Duration::days(3650))]),
            &name,
            public.as_ref(),
        ],
    );
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &to_be_signed, &mut signature)?;
    Ok(tlv(SEQUENCE, &[&to_be_signed, &algorithm, &tlv(BIT_STRING, &[&[0], &signature])]))
}

fn distinguished_name(name: &str) -> Vec<u8> {
    let attribute = tlv(SEQUENCE, &[COMMON_NAME, &tlv(UTF8_STRING, &[name.as_bytes()])]);
    tlv(SEQUENCE, &[&tlv(SET, &[&attribute])])
}

fn utc_time(at: DateTime<Utc>) -> Vec<u8> {
    tlv(UTC_TIME, &[at.format("%y%m%d%H%M%SZ").to_string().as_bytes()])
}

/// One DER value: tag, length, the parts one after another.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = content.len().to_be_bytes();
    let significant = &length[length.iter().position(|byte| *byte != 0).unwrap_or(length.len() - 1)..];
    let mut der = vec![tag];
    if content.len() >= 0x80 {
        der.push(0x80 | u8::try_from(significant.len()).unwrap_or(u8::MAX));
    }
    der.extend_from_slice(significant);
    der.extend(content);
    der
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::rsa::KeySize;

    #[test]
    fn the_certificate_is_read_by_another_hand_and_holds_the_same_key() {
        let key = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der = self_signed(&key, "Emulated IdP", [0xff; 8], DateTime::UNIX_EPOCH + Duration::days(20_000)).unwrap();
        let read = bergshamra::keys::loader::load_x509_cert_der(&der).unwrap();
        let public = AsDer::<PublicKeyX509Der<'_>>::as_der(key.public_key()).unwrap();
        assert_eq!(read.to_spki_der().unwrap(), public.as_ref());
    }
}
