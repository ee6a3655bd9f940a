//! Loopback stand-ins for both clouds, reached as real ones are behind a company proxy.
//!
//! One listener on 127.0.0.1 speaks HTTP `CONNECT`, then TLS with a certificate for whatever host
//! was asked for, under a CA of its own. The program under test needs no hook: [`Standin::env`] is a
//! proxy, a CA file and an identity, all by their ordinary variables. Hosts nobody configured are
//! refused, and noted.

mod aws;
mod azure;
mod proxy;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

/// In every error body, behind characters that JSON escapes. Nothing a user sees may hold it.
pub const LEAK: &str = "BODY-TEXT-NOBODY-MAY-REPEAT";
/// The tenant, application and secret that Entra knows.
pub const TENANT: &str = "11111111-2222-3333-4444-555555555555";
/// See [`TENANT`].
pub const CLIENT: &str = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";
/// See [`TENANT`].
pub const CLIENT_SECRET: &str = "entra-client-secret";
/// The federated token that Entra takes in place of the client secret, and AWS in place of a key.
pub const FEDERATED: &str = "federated-token";
/// The token that Entra of the public cloud grants, and vaults there take.
pub const BEARER: &str = "bearer-for-key-vault";
/// The token that AWS's portal takes from who signed in there.
pub const SSO_TOKEN: &str = "sso-access-token";
/// The role that AWS lends to either, and to the access key.
pub const ROLE: &str = "arn:aws:iam::123456789012:role/reader";
/// The access key that AWS knows. Its signatures are taken on trust.
pub const ACCESS_KEY: &str = "AKIDSTANDIN000000042";
/// The version of a secret that was asked for without one.
pub const CURRENT: &str = "0123456789abcdef0123456789abcdef";

/// What a stand-in does when asked for a secret.
#[derive(Clone)]
pub enum Answer {
    /// Gives this value.
    Text(String),
    /// Gives these bytes, written in base64 (AWS only).
    Binary(&'static str),
    /// Gives a secret without a value.
    Empty,
    /// Refuses the identity this secret.
    Denied,
    /// Refuses because it is disabled (Azure) or marked for deletion (AWS).
    Disabled,
    /// Asks to wait that many seconds; with 0, without saying how long.
    Throttled(u64),
    /// Answers 500.
    Broken,
    /// Answers 200 with something that is no secret.
    Garbage,
    /// Cuts the connection in the middle of an answer.
    Cut,
    /// Never answers.
    Hang,
    /// The one the first time, the other from then on.
    Once(Box<Answer>, Box<Answer>),
    /// Challenges for that resource in place of Key Vault's (Azure only).
    Challenge(&'static str),
    /// Sends the client to `evil.example.com` (Azure only).
    Redirect,
}

impl From<&str> for Answer {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// What was asked of a stand-in.
#[derive(Clone, Debug)]
pub struct Request {
    /// The host's name.
    pub host: String,
    /// `CONNECT` if the host was refused.
    pub method: String,
    /// With its query.
    pub path: String,
    /// `GetSecretValue`, `BatchGetSecretValue`, or nothing for Azure.
    pub operation: String,
    /// The `Authorization` header.
    pub authorization: Option<String>,
}

/// The secrets and troubles of a [`Standin`] to be.
#[derive(Default)]
pub struct Builder {
    answers: HashMap<Key, Answer>,
    batches: HashMap<String, Answer>,
    latency: Duration,
}

/// Host, name, and version or stage; empty for the current one.
type Key = (String, String, String);

impl Builder {
    /// What a vault answers for a secret. A name with dots is the host of a vault elsewhere than in
    /// the public cloud.
    pub fn azure(self, vault: &str, name: &str, answer: impl Into<Answer>) -> Self {
        self.azure_version(vault, name, "", answer)
    }

    /// What a vault answers for one version of a secret.
    pub fn azure_version(
        mut self,
        vault: &str,
        name: &str,
        version: &str,
        answer: impl Into<Answer>,
    ) -> Self {
        let host = if vault.contains('.') { vault.into() } else { azure::public_host(vault) };
        self.answers.insert((host, name.to_owned(), version.to_owned()), answer.into());
        self
    }

    /// What a region answers for a secret.
    pub fn aws(self, region: &str, name: &str, answer: impl Into<Answer>) -> Self {
        self.aws_version(region, name, "", answer)
    }

    /// What a region answers for a version id or a stage of a secret.
    pub fn aws_version(
        mut self,
        region: &str,
        name: &str,
        version: &str,
        answer: impl Into<Answer>,
    ) -> Self {
        self.answers
            .insert((aws::host(region), name.to_owned(), version.to_owned()), answer.into());
        self
    }

    /// What a region answers to any batch, in place of the secrets.
    pub fn aws_batch(mut self, region: &str, answer: Answer) -> Self {
        self.batches.insert(aws::host(region), answer);
        self
    }

    /// How much longer each answer takes.
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Starts listening.
    pub fn start(self) -> Standin {
        let folder = tempfile::tempdir().expect("a folder for the CA");
        let authority = proxy::Authority::new();
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).expect("the CA file");
        let shared = Arc::new(Shared {
            answers: self.answers,
            batches: self.batches,
            latency: self.latency,
            asked: Mutex::default(),
            authority,
            log: Mutex::default(),
            flight: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime for the stand-in");
        let port = runtime.block_on(proxy::listen(shared.clone()));
        Standin { shared, port, folder, runtime: Some(runtime) }
    }
}

/// What the listener and the tests share.
struct Shared {
    answers: HashMap<Key, Answer>,
    batches: HashMap<String, Answer>,
    latency: Duration,
    /// What [`Answer::Once`] was given for.
    asked: Mutex<HashSet<Key>>,
    authority: proxy::Authority,
    log: Mutex<Vec<Request>>,
    flight: Mutex<Flight>,
}

/// How many requests wait for their answer, and the most that ever did.
#[derive(Default)]
struct Flight {
    now: usize,
    most: usize,
}

impl Shared {
    fn serves(&self, host: &str) -> bool {
        azure::is_entra(host)
            || aws::is_sign_in(host)
            || self.answers.keys().any(|(known, ..)| known == host)
    }

    fn answer(&self, host: &str, name: &str, version: &str) -> Option<&Answer> {
        let key = (host.to_owned(), name.to_owned(), version.to_owned());
        match self.answers.get(&key)? {
            Answer::Once(first, then) => {
                let is_first = self.asked.lock().expect("what was asked").insert(key);
                Some(if is_first { first } else { then })
            }
            answer => Some(answer),
        }
    }

    fn take_off(&self) {
        let mut flight = self.flight.lock().expect("the flight");
        flight.now += 1;
        flight.most = flight.most.max(flight.now);
    }

    fn land(&self) {
        self.flight.lock().expect("the flight").now -= 1;
    }

    fn note(&self, request: Request) {
        self.log.lock().expect("the log").push(request);
    }
}

/// Both clouds, until dropped.
pub struct Standin {
    shared: Arc<Shared>,
    port: u16,
    folder: TempDir,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Standin {
    /// Nothing but Entra, to begin with.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// All that a client process needs, and enough to keep it from its user's own AWS files.
    pub fn env(&self) -> BTreeMap<String, String> {
        let file = |name: &str| self.folder().join(name).to_string_lossy().into_owned();
        [
            ("HTTPS_PROXY", format!("http://127.0.0.1:{}", self.port)),
            ("NO_PROXY", String::new()),
            ("SSL_CERT_FILE", file("ca.pem")),
            ("AZURE_TENANT_ID", TENANT.to_owned()),
            ("AZURE_CLIENT_ID", CLIENT.to_owned()),
            ("AZURE_CLIENT_SECRET", CLIENT_SECRET.to_owned()),
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "aws-secret-access-key".to_owned()),
            ("AWS_REGION", "eu-west-1".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_CONFIG_FILE", file("aws-config")),
            ("AWS_SHARED_CREDENTIALS_FILE", file("aws-credentials")),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
    }

    /// A folder for files the client is told of.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Everything asked so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        self.shared.log.lock().expect("the log").clone()
    }

    /// The most requests that ever waited for an answer at once.
    pub fn most_at_once(&self) -> usize {
        self.shared.flight.lock().expect("the flight").most
    }

    /// What was asked of one host.
    pub fn requests_to(&self, host: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.host == host).collect()
    }
}

impl Drop for Standin {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
