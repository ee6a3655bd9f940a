//! The listener: `CONNECT`, then TLS as the host that was asked for, then HTTP/1.1.

use super::{LEAK, Request, Shared, aws, azure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, StreamExt};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A certificate authority of the test's own.
pub(super) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    /// By host. A host keeps its certificate, and its memory of TLS sessions.
    acceptors: Mutex<HashMap<String, TlsAcceptor>>,
}

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        // Under one name for both, OpenSSL would take each certificate for a self-signed one.
        params.distinguished_name.push(DnType::CommonName, "kovra test CA");
        let key = KeyPair::generate().expect("a CA key");
        let pem = params.self_signed(&key).expect("a CA certificate").pem();
        Self { issuer: Issuer::new(params, key), pem, acceptors: Mutex::default() }
    }

    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    fn acceptor(&self, host: &str) -> TlsAcceptor {
        let mut acceptors = self.acceptors.lock().expect("the acceptors");
        acceptors.entry(host.to_owned()).or_insert_with(|| self.certify(host)).clone()
    }

    fn certify(&self, host: &str) -> TlsAcceptor {
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new([host.to_owned()])
            .and_then(|params| params.signed_by(&key, &self.issuer))
            .expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a private key");
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .expect("TLS versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .expect("a TLS configuration");
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Listens from now on, at the port that is returned.
pub(super) async fn listen(shared: Arc<Shared>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let shared = shared.clone();
            // A client that goes away in the middle is none of the stand-in's business.
            tokio::spawn(async move {
                let _ = tunnel(shared, stream).await;
            });
        }
    });
    port
}

async fn tunnel(shared: Arc<Shared>, mut stream: TcpStream) -> std::io::Result<()> {
    let host = connect_target(&mut stream).await?;
    if !shared.serves(&host) {
        shared.note(Request {
            host,
            method: "CONNECT".to_owned(),
            path: String::new(),
            operation: String::new(),
            authorization: None,
        });
        return stream.write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n").await;
    }
    stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    let stream = shared.authority.acceptor(&host).accept(stream).await?;
    let service = Router::new().fallback(move |request: axum::extract::Request| {
        respond(shared.clone(), host.clone(), request)
    });
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .await;
    Ok(())
}

/// The host of `CONNECT host:443 HTTP/1.1`. The client waits for the answer, so nothing follows.
async fn connect_target(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let target = head.strip_prefix("CONNECT ").and_then(|rest| rest.split_once(":443 "));
    target.map(|(host, _)| host.to_owned()).ok_or(std::io::ErrorKind::InvalidData.into())
}

async fn respond(shared: Arc<Shared>, host: String, request: axum::extract::Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.expect("a body");
    let text =
        |name: &str| parts.headers.get(name).map(|value| value.to_str().expect("ASCII").to_owned());
    let target = text("x-amz-target").unwrap_or_default();
    shared.note(Request {
        host: host.clone(),
        method: parts.method.to_string(),
        path: parts.uri.to_string(),
        operation: target.trim_start_matches("secretsmanager.").to_owned(),
        authorization: text("authorization"),
    });
    shared.take_off();
    tokio::time::sleep(shared.latency).await;
    shared.land();
    if azure::is_entra(&host) {
        azure::token(&host, &parts, &body)
    } else if aws::is_sign_in(&host) {
        aws::sign_in(&host, &parts, &body)
    } else if azure::is_vault(&host) {
        azure::secret(&shared, &host, &parts).await
    } else {
        aws::call(&shared, &host, &parts, &body).await
    }
}

/// A JSON response.
pub(super) fn json(status: u16, kind: &'static str, body: &serde_json::Value) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, [(header::CONTENT_TYPE, kind)], Body::from(body.to_string())).into_response()
}

/// The beginning of a JSON response, and then the end of the connection.
pub(super) fn cut(kind: &'static str) -> Response {
    let beginning = format!("{{\"value\": \"{LEAK}");
    let end = async {
        // Time for the beginning to be sent.
        tokio::time::sleep(Duration::from_millis(20)).await;
        Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    };
    let parts = stream::iter([Ok(beginning)]).chain(stream::once(end));
    let body = Body::from_stream(parts);
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_LENGTH, "1000")], body).into_response()
}

/// The text of a header, or nothing.
pub(super) fn header_text<'p>(parts: &'p Parts, name: &str) -> &'p str {
    parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
