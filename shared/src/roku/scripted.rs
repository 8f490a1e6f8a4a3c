//! A server that says to each connection what it is told to, byte by byte, and remembers what it
//! was asked.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// An address where nobody listens.
pub(crate) const NOWHERE: &str = "http://127.0.0.1:9";

/// A server for one test.
pub(crate) struct Scripted {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone, Copy)]
enum Then {
    HangUp,
    Hold,
}

impl Scripted {
    /// A server that answers with a status and a body.
    pub(crate) async fn answering(status: u16, body: &str) -> Self {
        let head = format!("HTTP/1.1 {status} So\r\nlocation: /elsewhere\r\n");
        Self::saying(&format!("{head}content-length: {}\r\n\r\n{body}", body.len())).await
    }

    /// A server that says this, whatever it is asked, and hangs up.
    pub(crate) async fn saying(reply: &str) -> Self {
        Self::start(reply, Then::HangUp).await
    }

    /// A server that says this, whatever it is asked, and then nothing for as long as anyone waits.
    pub(crate) async fn stalling_after(reply: &str) -> Self {
        Self::start(reply, Then::Hold).await
    }

    /// What it was asked so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    async fn start(reply: &str, then: Then) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/base/", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (reply, asked) = (reply.to_owned(), Arc::clone(&requests));
        tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((mut connection, _)) = listener.accept().await {
                let request = request(&mut connection).await;
                asked.lock().unwrap().push(request);
                connection.write_all(reply.as_bytes()).await.ok();
                if let Then::Hold = then {
                    held.push(connection);
                }
            }
        });
        Self { url, requests }
    }
}

/// Reads a request to its end.
async fn request(connection: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    while !is_complete(&text) {
        match connection.read(&mut chunk).await {
            Ok(length @ 1..) => text.push_str(&String::from_utf8_lossy(&chunk[..length])),
            _ => break,
        }
    }
    text
}

fn is_complete(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}
