//! Where everything listens: at the address that was asked for, and near it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::TcpListener;

use crate::stack::StackError;

pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, StackError> {
    TcpListener::bind(address).await.map_err(|error| StackError::Listen(address, error))
}

/// A listener a few ports further, or on a free port where that one is taken.
pub(crate) async fn listen_near(
    gateway: &TcpListener,
    ports_further: u16,
) -> Result<TcpListener, StackError> {
    listen_further(address_of(gateway)?, ports_further).await
}

/// The same for programs on this machine alone, wherever the gateway listens.
pub(crate) async fn listen_near_on_this_machine(
    gateway: &TcpListener,
    ports_further: u16,
) -> Result<TcpListener, StackError> {
    let port = address_of(gateway)?.port();
    listen_further(SocketAddr::from((Ipv4Addr::LOCALHOST, port)), ports_further).await
}

fn address_of(listener: &TcpListener) -> Result<SocketAddr, StackError> {
    listener.local_addr().map_err(|error| StackError::Listen(([0, 0, 0, 0], 0).into(), error))
}

async fn listen_further(
    mut address: SocketAddr,
    ports_further: u16,
) -> Result<TcpListener, StackError> {
    let next = address.port().checked_add(ports_further);
    address.set_port(next.unwrap_or(0));
    if let Ok(listener) = listen(address).await {
        return Ok(listener);
    }
    address.set_port(0);
    listen(address).await
}

/// The address of a listener as a program on this machine reaches it.
pub(crate) fn url_of(listener: &TcpListener) -> String {
    let mut address = listener.local_addr().unwrap_or_else(|_| ([127, 0, 0, 1], 0).into());
    if address.ip().is_unspecified() {
        address.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    format!("http://{address}")
}
