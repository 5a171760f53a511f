//! What a proxy in front of us may say: nobody's word counts whom the operator has not named.

use crate::service::Gateway;
use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};

/// Whether this peer is a proxy that the operator trusts.
pub(super) fn trusted(gw: &Gateway, peer: Option<IpAddr>) -> bool {
    peer.is_some_and(|ip| named(&gw.settings.trusted_proxies, ip))
}

/// Who really asks: the last address of `X-Forwarded-For` that is no trusted proxy, if a trusted proxy says so.
pub(super) fn client(gw: &Gateway, parts: &Parts) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    Some(behind(&gw.settings.trusted_proxies, peer, &parts.headers))
}

fn named(proxies: &[IpNet], ip: IpAddr) -> bool {
    proxies.iter().any(|net| net.contains(&ip.to_canonical()))
}

fn behind(proxies: &[IpNet], peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut client = peer;
    let lines: Vec<_> = headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let said: Vec<_> = lines.iter().flat_map(|line| line.split(',')).map(str::trim).collect();
    // Read from the end: each proxy has written whom it saw, and only as far as one believes the writer.
    for text in said.into_iter().rev() {
        if !named(proxies, client) {
            break;
        }
        let Ok(ip) = text.parse::<IpAddr>() else { break };
        client = ip.to_canonical();
    }
    client
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, said: &'static str) -> String {
        let headers = HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), said.parse().unwrap())]);
        behind(&["10.0.0.0/8".parse().unwrap()], peer.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_says_who_asks() {
        assert_eq!(seen("10.0.0.1", "192.0.2.1"), "192.0.2.1");
        assert_eq!(seen("198.51.100.1", "192.0.2.1"), "198.51.100.1");
        assert_eq!(
            seen("10.0.0.1", "192.0.2.66, 192.0.2.1, 10.0.0.2"),
            "192.0.2.1",
            "what the client wrote is no proof"
        );
        assert_eq!(seen("10.0.0.1", "nonsense"), "10.0.0.1");
    }
}
