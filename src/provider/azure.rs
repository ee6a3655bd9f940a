//! Azure Key Vault, by the Azure SDK and the user's ordinary identity.
//!
//! An SDK error is never formatted: its text holds the response's body. Only its kind, status and
//! error codes are looked at.

use super::{
    AzureCloud, AzureEnvironment, CloudIdentity, Fault, FaultKind, Provider, Resolution, Resolved,
    Settings, all, is_certificate, plain,
};
use crate::clock::Moment;
use crate::pointer::AzureKv;
use crate::secret::Secret;
use azure_core::cloud::CloudConfiguration;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::error::ErrorKind;
use azure_core::http::headers::RETRY_AFTER;
use azure_core::http::{
    ClientOptions, ExponentialRetryOptions, RawResponse, RetryOptions, Transport,
};
use azure_identity::{
    AzureCliCredential, AzureDeveloperCliCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential,
    WorkloadIdentityCredentialOptions,
};
use azure_security_keyvault_secrets::models::SecretClientGetSecretOptions;
use azure_security_keyvault_secrets::{ResourceExt, SecretClient, SecretClientOptions};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream, StreamExt};
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

/// Gets in flight at once, and so connections.
const CONCURRENT: usize = 32;
/// The most that the first get of a vault delays the others.
const HEAD_START: Duration = Duration::from_secs(1);
/// Tries after the first.
const RETRIES: u32 = 2;
/// The wait before the second try; doubled for the third.
const BACKOFF: Duration = Duration::from_millis(200);
/// Where a virtual machine asks for its identity's tokens.
const IMDS: &str = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01";

/// How long a virtual machine's metadata service has for its first answer.
const IMDS_TIMEOUT: Duration = Duration::from_millis(300);

/// Azure, the cloud of the settings.
pub(super) struct Azure<'s> {
    settings: &'s Settings,
}

impl<'s> Azure<'s> {
    pub(super) fn new(settings: &'s Settings) -> Self {
        Self { settings }
    }
}

impl Provider for Azure<'_> {
    type Target = AzureKv;

    fn fetch<'a>(&'a self, targets: &'a [AzureKv]) -> BoxStream<'a, (usize, Resolution)> {
        stream::once(SignedIn::open(self.settings))
            .flat_map(move |session| match session {
                Ok(session) => Arc::new(session).fetch(targets),
                Err(fault) => all(targets.len(), fault),
            })
            .boxed()
    }

    fn identity(&self) -> BoxFuture<'_, Result<CloudIdentity, Fault>> {
        Box::pin(async {
            let session = SignedIn::open(self.settings).await?;
            let cloud = match self.settings.azure_cloud {
                AzureCloud::Public => "the public cloud",
                AzureCloud::China => "the cloud of China",
                AzureCloud::UsGov => "the cloud of the US government",
            };
            let tenant = Claims::of(&session.credential.token).tid;
            let tenant = tenant.map(|id| format!(", tenant {}", plain(&id))).unwrap_or_default();
            Ok(CloudIdentity { who: session.who, place: format!("{cloud}{tenant}") })
        })
    }
}

/// A token that was granted, and where it may be used.
struct SignedIn {
    transport: Transport,
    credential: Arc<Granted>,
    suffix: &'static str,
    /// Whose token it is, in words.
    who: String,
    opened: Instant,
    /// How long after that what is unfinished is given up: no wait is begun that would end later.
    limit: Duration,
}

impl SignedIn {
    /// Asks for the one token all gets share, before any of them: a burst of cold gets would ask
    /// for one each, and start the Azure CLI as often.
    async fn open(settings: &Settings) -> Result<Self, Fault> {
        let (opened, limit) = (Instant::now(), settings.timeout);
        let suffix = settings.azure_cloud.vault_suffix();
        let scope = format!("https://{suffix}/.default");
        let transport = transport(http_client(false)?);
        let (token, who) = sign_in(settings, &transport, &scope).await?;
        let credential = Arc::new(Granted { scope, token });
        Ok(Self { transport, credential, suffix, who, opened, limit })
    }

    fn fetch<'a>(self: Arc<Self>, targets: &'a [AzureKv]) -> BoxStream<'a, (usize, Resolution)> {
        let mut vaults: HashMap<String, Arc<KeyVault>> = HashMap::new();
        let mut gets = Vec::new();
        for (place, target) in targets.iter().enumerate() {
            let mut first = false;
            let host = format!("{}.{}", target.vault.to_ascii_lowercase(), self.suffix);
            let vault = vaults
                .entry(host)
                .or_insert_with_key(|host| {
                    first = true;
                    Arc::new(KeyVault::new(&self, host.clone()))
                })
                .clone();
            gets.push(async move {
                // The first get of a vault earns its challenge, and the others do without one.
                if !first {
                    let _ = timeout(HEAD_START, vault.challenged.acquire()).await;
                }
                let outcome = vault.get(target).await;
                vault.challenged.close();
                (place, outcome)
            });
        }
        stream::iter(gets).buffer_unordered(CONCURRENT).boxed()
    }
}

/// A token already granted, for one audience and no other: whatever a challenge names, nothing else
/// is sent.
struct Granted {
    scope: String,
    token: AccessToken,
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl TokenCredential for Granted {
    fn get_token<'s, 'p, 'q, 'o, 'f>(
        &'s self,
        scopes: &'p [&'q str],
        _: Option<TokenRequestOptions<'o>>,
    ) -> BoxFuture<'f, azure_core::Result<AccessToken>>
    where
        's: 'f,
        'p: 'f,
        'q: 'f,
        'o: 'f,
    {
        let granted = if scopes == [self.scope.as_str()] {
            Ok(self.token.clone())
        } else {
            Err(azure_core::Error::with_message(ErrorKind::Credential, "another audience"))
        };
        Box::pin(async { granted })
    }
}

struct KeyVault {
    client: Option<SecretClient>,
    host: String,
    who: String,
    opened: Instant,
    limit: Duration,
    /// Without permits; closed once a get was answered.
    challenged: Semaphore,
}

impl KeyVault {
    fn new(session: &SignedIn, host: String) -> Self {
        let options = SecretClientOptions {
            client_options: ClientOptions {
                transport: Some(session.transport.clone()),
                // Its own would obey a Retry-After of any length.
                retry: RetryOptions::none(),
                ..ClientOptions::default()
            },
            verify_challenge_resource: Some(true),
            ..SecretClientOptions::default()
        };
        let credential = session.credential.clone();
        let client = SecretClient::new(&format!("https://{host}"), credential, Some(options)).ok();
        let SignedIn { who, opened, limit, .. } = session;
        let challenged = Semaphore::new(0);
        Self { client, host, who: who.clone(), opened: *opened, limit: *limit, challenged }
    }

    async fn get(&self, target: &AzureKv) -> Resolution {
        let mut tries = 0;
        loop {
            match self.try_get(target).await {
                Err((kind, Some(asked))) => {
                    let wait = asked.max(BACKOFF * 2u32.pow(tries));
                    if tries == RETRIES || wait >= self.limit.saturating_sub(self.opened.elapsed())
                    {
                        return Err(self.fault(kind, asked));
                    }
                    sleep(wait).await;
                    tries += 1;
                }
                Err((kind, None)) => return Err(self.fault(kind, Duration::ZERO)),
                Ok(resolved) => return Ok(resolved),
            }
        }
    }

    async fn try_get(&self, target: &AzureKv) -> Result<Resolved, (FaultKind, Option<Duration>)> {
        let client = self.client.as_ref().ok_or((FaultKind::Unreachable, None))?;
        let options = SecretClientGetSecretOptions {
            secret_version: target.version.clone(),
            ..SecretClientGetSecretOptions::default()
        };
        let answer = client.get_secret(&target.secret, Some(options)).await;
        let model = answer
            .map_err(|error| classify(&error))?
            .into_model()
            .map_err(|_| (FaultKind::Unreachable, None))?;
        let version = model.resource_id().ok().and_then(|id| id.version);
        let created = model.attributes.and_then(|attributes| attributes.created);
        let value = model.value.ok_or((FaultKind::Malformed, None))?;
        Ok(Resolved {
            value: Secret::new(value.into_bytes()),
            version: version.as_deref().map(plain).unwrap_or_default(),
            created: created
                .and_then(|at| u64::try_from(at.unix_timestamp()).ok())
                .map(Moment::from_seconds),
        })
    }

    /// `asked` is how long the vault asked to wait.
    fn fault(&self, kind: FaultKind, asked: Duration) -> Fault {
        let Self { host, who, .. } = self;
        let (what, hint) = match kind {
            FaultKind::NoIdentity => (
                format!("{host} refused the token of {who}"),
                "sign in to the tenant the vault belongs to, with `az login --tenant <tenant>`",
            ),
            FaultKind::Denied => (
                format!("{host} denies this secret to {who}"),
                "ask for the role Key Vault Secrets User on it, or for a way through its firewall",
            ),
            FaultKind::NotFound => (
                format!("{host} has no such secret or version for {who}"),
                "check the name; a deleted secret can be recovered by its owner",
            ),
            FaultKind::Disabled => (
                format!("the secret in {host} is disabled or deleted, asked for as {who}"),
                "ask its owner to enable it, or for a new pointer",
            ),
            FaultKind::Throttled => {
                let hint = match asked.as_secs() {
                    0 => "try again in a minute".to_owned(),
                    seconds @ 1..=3600 => format!("try again in {seconds} s"),
                    _ => "it asks for hours of patience; ask its owner".to_owned(),
                };
                return Fault::new(kind, format!("{host} asks {who} to slow down"), hint);
            }
            FaultKind::Certificate => return Fault::certificate(host),
            FaultKind::Misled => (
                format!(
                    "{host} sent us to another host, or asked for a token meant for another, and \
                     got none of {who}"
                ),
                "check KOVRA_AZURE_CLOUD, and what stands between you and the vault",
            ),
            FaultKind::Malformed => {
                let what = format!("the secret in {host} has no value, asked for as {who}");
                (what, "ask its owner to give it one")
            }
            FaultKind::Unreachable | FaultKind::Unsupported => (
                format!("{host} gave no usable answer to {who}"),
                "check the vault's name, the network, the proxy and the CA certificates \
                 (SSL_CERT_FILE)",
            ),
        };
        Fault::new(kind, what, hint)
    }
}

/// The kind of a failed get, and how long the vault asks to wait if trying again may help.
fn classify(error: &azure_core::Error) -> (FaultKind, Option<Duration>) {
    if is_certificate(error) {
        return (FaultKind::Certificate, None);
    }
    match error.kind() {
        ErrorKind::HttpResponse { status, raw_response, .. } => {
            let response = raw_response.as_deref();
            let asked = response
                .and_then(|r| r.headers().get_optional_str(&RETRY_AFTER)?.parse().ok())
                .map_or(Duration::ZERO, Duration::from_secs);
            match (u16::from(*status), response.and_then(inner_code).as_deref()) {
                (403, Some("SecretDisabled")) | (409, _) => (FaultKind::Disabled, None),
                (401, _) => (FaultKind::NoIdentity, None),
                (403, _) => (FaultKind::Denied, None),
                (400 | 404, _) => (FaultKind::NotFound, None),
                (300..400, _) => (FaultKind::Misled, None),
                (429, _) => (FaultKind::Throttled, Some(asked)),
                (408 | 500.., _) => (FaultKind::Unreachable, Some(asked)),
                _ => (FaultKind::Unreachable, None),
            }
        }
        ErrorKind::Io | ErrorKind::Connection => (FaultKind::Unreachable, Some(Duration::ZERO)),
        // From the SDK's check of a challenge, and from the one of `Granted`.
        ErrorKind::Other | ErrorKind::Credential => (FaultKind::Misled, None),
        _ => (FaultKind::Unreachable, None),
    }
}

/// `error.innererror.code` of the body. The SDK's own reading of it gives up at the first escape.
fn inner_code(response: &RawResponse) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(response.body().as_ref()).ok()?;
    Some(body.pointer("/error/innererror/code")?.as_str()?.to_owned())
}

/// A way to get a token, and whose it would be.
type Candidate = (Arc<dyn TokenCredential>, String);

/// What a token says of its owner. Not verified, and good for telling the owner only.
#[derive(Default, serde::Deserialize)]
struct Claims {
    /// The tenant.
    tid: Option<String>,
    /// A person's name for signing in, in the tokens of version 1 and 2.
    upn: Option<String>,
    unique_name: Option<String>,
    preferred_username: Option<String>,
}

impl Claims {
    /// Nothing, if the token is no JWT: it is opaque to everybody but the vault.
    fn of(token: &AccessToken) -> Self {
        let payload = token.token.secret().split('.').nth(1).unwrap_or_default();
        let decoded = URL_SAFE_NO_PAD.decode(payload).unwrap_or_default();
        serde_json::from_slice(&decoded).unwrap_or_default()
    }
}

/// The first identity there is: of the environment, of this machine, of a developer's tools. One
/// that the environment names is not passed over for another when it fails.
async fn sign_in(
    settings: &Settings,
    transport: &Transport,
    scope: &str,
) -> Result<(AccessToken, String), Fault> {
    let environment = &settings.azure;
    if let Some(named) = named_identity(settings, transport) {
        let (credential, who) = named?;
        return match credential.get_token(&[scope], None).await {
            Ok(token) => Ok((token, who)),
            Err(error) => Err(refusal(&error, &who)),
        };
    }
    if let Some((credential, who)) = managed_identity(environment).await {
        // Its own retries go on for more than a minute.
        let limit = Duration::from_secs(5);
        if let Ok(Ok(token)) = timeout(limit, credential.get_token(&[scope], None)).await {
            return Ok((token, who));
        }
    }
    let tools = [
        AzureCliCredential::new(None).map(|c| (c as _, "az")),
        AzureDeveloperCliCredential::new(None).map(|c| (c as _, "azd")),
    ];
    for (credential, tool) in tools.into_iter().flatten() {
        let credential: Arc<dyn TokenCredential> = credential;
        if let Ok(token) = credential.get_token(&[scope], None).await {
            let Claims { upn, unique_name, preferred_username, .. } = Claims::of(&token);
            let name = upn.or(unique_name).or(preferred_username);
            let name = name.map(|name| format!(" ({})", plain(&name))).unwrap_or_default();
            return Ok((token, format!("the account of `{tool}`{name}")));
        }
    }
    Err(Fault::new(
        FaultKind::NoIdentity,
        "no Azure identity was found: none in the environment, none on this machine, and neither \
         `az` nor `azd` is signed in",
        "sign in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET",
    ))
}

/// The application that the environment names, by its secret or its federated token.
fn named_identity(settings: &Settings, transport: &Transport) -> Option<Result<Candidate, Fault>> {
    let environment = &settings.azure;
    let (tenant, client) = (environment.tenant_id.as_ref()?, environment.client_id.as_ref()?);
    let who = format!("the client {} of tenant {}", plain(client), plain(tenant));
    let client_options = ClientOptions {
        cloud: Some(Arc::new(match settings.azure_cloud {
            AzureCloud::Public => CloudConfiguration::AzurePublic,
            AzureCloud::China => CloudConfiguration::AzureChina,
            AzureCloud::UsGov => CloudConfiguration::AzureGovernment,
        })),
        transport: Some(transport.clone()),
        retry: RetryOptions::exponential(ExponentialRetryOptions {
            max_retries: RETRIES,
            ..ExponentialRetryOptions::default()
        }),
        ..ClientOptions::default()
    };
    let credential = if let Some(secret) = &environment.client_secret {
        let secret = String::from_utf8_lossy(secret.expose()).into_owned();
        let options = ClientSecretCredentialOptions { client_options };
        ClientSecretCredential::new(tenant, client.clone(), secret.into(), Some(options))
            .map(|credential| credential as Arc<dyn TokenCredential>)
    } else {
        let path = environment.federated_token_file.as_ref()?;
        WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions { client_options },
            client_id: Some(client.clone()),
            tenant_id: Some(tenant.clone()),
            token_file_path: Some(path.into()),
        }))
        .map(|credential| credential as Arc<dyn TokenCredential>)
    };
    Some(match credential {
        Ok(credential) => Ok((credential, who)),
        Err(_) => Err(Fault::new(
            FaultKind::NoIdentity,
            format!("the environment's Azure identity cannot be used: {who}"),
            "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_FEDERATED_TOKEN_FILE",
        )),
    })
}

/// The identity of this machine or service, if it has one.
async fn managed_identity(environment: &AzureEnvironment) -> Option<Candidate> {
    let http = http_client(true).ok()?;
    if !environment.identity_endpoint {
        // Elsewhere the address leads nowhere, or to another cloud's metadata. Azure's own answers
        // a request without the `Metadata` header with 400.
        let probe = http.get(IMDS).timeout(IMDS_TIMEOUT).send().await.ok()?;
        if probe.status() != reqwest::StatusCode::BAD_REQUEST {
            return None;
        }
    }
    let client = environment.client_id.clone();
    let who = client.as_deref().map_or_else(
        || "the managed identity of this machine".to_owned(),
        |client| format!("the managed identity {}", plain(client)),
    );
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: client.map(UserAssignedId::ClientId),
        client_options: ClientOptions {
            transport: Some(transport(http)),
            ..ClientOptions::default()
        },
    };
    ManagedIdentityCredential::new(Some(options)).ok().map(|credential| (credential as _, who))
}

/// Why no token was granted to `who`.
fn refusal(error: &azure_core::Error, who: &str) -> Fault {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    if is_certificate(error) {
        return Fault::certificate("Microsoft Entra");
    }
    let mut kind = FaultKind::NoIdentity;
    while let Some(error) = source {
        match error.downcast_ref().map(azure_core::Error::kind) {
            Some(ErrorKind::Io | ErrorKind::Connection) => kind = FaultKind::Unreachable,
            Some(ErrorKind::HttpResponse { status, .. }) => match u16::from(*status) {
                429 => kind = FaultKind::Throttled,
                500.. => kind = FaultKind::Unreachable,
                _ => {}
            },
            _ => {}
        }
        source = error.source();
    }
    match kind {
        FaultKind::NoIdentity => Fault::new(
            kind,
            format!("Microsoft Entra refused to sign in {who}"),
            "check AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET; a client secret expires",
        ),
        FaultKind::Throttled => Fault::new(
            kind,
            format!("Microsoft Entra asks {who} to slow down"),
            "try again in a minute",
        ),
        _ => Fault::new(
            kind,
            format!("Microsoft Entra gave no usable answer to {who}"),
            "check the network, the proxy and the CA certificates (SSL_CERT_FILE)",
        ),
    }
}

fn transport(http: reqwest::Client) -> Transport {
    Transport::new(Arc::new(http))
}

/// rustls with ring, as everywhere in kovra. `direct` is for this machine's own identity endpoint,
/// which speaks plain HTTP and must not be asked through a proxy.
fn http_client(direct: bool) -> Result<reqwest::Client, Fault> {
    // A second installation is refused, and is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A redirect would carry the request to a host nobody chose.
    let builder = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let builder = if direct { builder.no_proxy() } else { builder.https_only(true) };
    builder.build().map_err(|_| {
        Fault::new(
            FaultKind::Unreachable,
            "TLS could not be set up",
            "check the CA certificates (SSL_CERT_FILE)",
        )
    })
}
