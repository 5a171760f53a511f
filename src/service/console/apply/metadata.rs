//! An IdP's metadata and issuer, as the file gives them.

use super::ApplyError;
use super::file::ConnectionFile;
use crate::protocol::saml::parse_idp_metadata;
use crate::service::Gateway;
use std::net::IpAddr;
use std::path::Path;
use url::{Host, Url};

/// What was read of an IdP.
#[derive(Debug, Clone)]
pub(super) struct Metadata {
    /// The IdP's entity id.
    pub(super) entity_id: String,
    /// What is kept.
    pub(super) kept: serde_json::Value,
}

/// Reads the metadata that a connection names, if any.
pub(super) fn read(gw: &Gateway, file: &ConnectionFile, folder: &Path) -> Result<Option<Metadata>, ApplyError> {
    let xml = match (&file.metadata, &file.metadata_file) {
        (Some(_), Some(_)) => {
            let what = "metadata or metadata_file, not both";
            return Err(ApplyError::Connection { connection: file.key.clone(), what });
        }
        (Some(xml), None) => xml.clone().into_bytes(),
        (None, Some(name)) => {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|cause| ApplyError::File { path, cause })?
        }
        (None, None) => return Ok(None),
    };
    let refused = |cause| ApplyError::Metadata { connection: file.key.clone(), cause };
    let idp = parse_idp_metadata(&xml, None, gw.sources.now(), &|url| may_be_plain(gw, url)).map_err(refused)?;
    let kept = serde_json::to_value(&idp).map_err(|_| ApplyError::Malformed("metadata"))?;
    Ok(Some(Metadata { entity_id: idp.entity_id, kept }))
}

/// Whether an IdP at this address may speak plain http: on the addresses that the operator has allowed, alone.
pub(in crate::service::console) fn may_be_plain(gw: &Gateway, url: &Url) -> bool {
    let ip = match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
        Some(Host::Domain("localhost")) => IpAddr::from([127, 0, 0, 1]),
        Some(Host::Domain(_)) | None => return false,
    };
    gw.settings.upstream_allow.iter().any(|network| network.contains(&ip))
}
