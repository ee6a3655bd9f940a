//! AWS Secrets Manager, by the AWS SDK and the user's ordinary identity.
//!
//! An SDK error is never formatted: a response that fails to parse is part of its `Debug` text, and
//! that response may be the secret. Only its kind, status and error code are looked at.

use super::{
    CloudIdentity, Fault, FaultKind, Provider, Resolution, Resolved, Settings, all, is_certificate,
    plain,
};
use crate::clock::Moment;
use crate::pointer::AwsSm;
use crate::secret::Secret;
use aws_config::ecs::EcsCredentialsProvider;
use aws_config::environment::{
    EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider,
};
use aws_config::imds::{self, credentials::ImdsCredentialsProvider};
use aws_config::meta::credentials::CredentialsProviderChain;
use aws_config::meta::region::{ProvideRegion, RegionProviderChain};
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::web_identity_token::WebIdentityTokenCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::http::HttpResponse;
use aws_sdk_secretsmanager::config::{Credentials, ProvideCredentials, SharedHttpClient};
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::primitives::{Blob, DateTime};
use aws_sdk_secretsmanager::types::SecretValueEntry;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider as TlsProvider, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use futures::future::{BoxFuture, join};
use futures::stream::{self, BoxStream, StreamExt};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// What `BatchGetSecretValue` takes at most.
const BATCH: usize = 20;
/// Calls in flight at once, and so connections.
const CONCURRENT: usize = 32;
/// How long this machine's metadata service has for an answer.
const IMDS_TIMEOUT: Duration = Duration::from_millis(300);

/// AWS under the settings' profile.
pub(super) struct Aws<'s> {
    settings: &'s Settings,
}

impl<'s> Aws<'s> {
    pub(super) fn new(settings: &'s Settings) -> Self {
        Self { settings }
    }
}

impl Provider for Aws<'_> {
    type Target = AwsSm;

    fn fetch<'a>(&'a self, targets: &'a [AwsSm]) -> BoxStream<'a, (usize, Resolution)> {
        stream::once(SignedIn::open(self.settings, targets))
            .flat_map(move |session| match session {
                Ok(session) => Arc::new(session).fetch(targets),
                Err(fault) => all(targets.len(), fault),
            })
            .boxed()
    }

    fn identity(&self) -> BoxFuture<'_, Result<CloudIdentity, Fault>> {
        Box::pin(async {
            let session = SignedIn::open(self.settings, &[]).await?;
            let place = session.home.map_or_else(
                || "no region is configured (AWS_REGION)".to_owned(),
                |region| format!("region {}", plain(region.as_ref())),
            );
            Ok(CloudIdentity { who: session.who, place })
        })
    }
}

/// A target and its place among all.
type Item<'a> = (usize, &'a AwsSm);

/// Credentials that were found, and where they lead.
struct SignedIn {
    config: SdkConfig,
    /// The region of pointers that name none.
    home: Option<Region>,
    /// Whose credentials they are, in words.
    who: String,
    /// A permit for each call that may still be made at once.
    calls: Arc<Semaphore>,
}

impl SignedIn {
    async fn open(settings: &Settings, targets: &[AwsSm]) -> Result<Self, Fault> {
        let profile = settings.aws_profile.as_deref();
        let http = http_client(ProxyConfig::from_env());
        let conf = ProviderConfig::without_region().with_http_client(http.clone());
        let configured = configured_region(profile, &conf).await;
        // A role is assumed somewhere: without a region the chain would look for one on the network.
        let named = targets.iter().find_map(|target| target.region.clone());
        let region = configured
            .clone()
            .unwrap_or_else(|| Region::new(named.unwrap_or_else(|| "us-east-1".to_owned())));
        let wanted = targets.is_empty() || targets.iter().any(|target| target.region.is_none());
        // Side by side, with a client each: elsewhere than in AWS both wait for the metadata service
        // in vain, and one client would have them wait in turns.
        let home = async {
            match configured {
                None if wanted => machine_region(&conf).await,
                configured => configured,
            }
        };
        let found = credentials(profile, conf.clone(), region);
        let (home, found) = join(home, found).await;
        let (credentials, who) = found?;
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http)
            .credentials_provider(credentials)
            .region(home.clone())
            .retry_config(
                RetryConfig::standard()
                    .with_max_attempts(3)
                    .with_initial_backoff(Duration::from_millis(200))
                    .with_max_backoff(Duration::from_secs(2)),
            );
        if let Some(profile) = profile {
            loader = loader.profile_name(profile);
        }
        let calls = Arc::new(Semaphore::new(CONCURRENT));
        Ok(Self { config: loader.load().await, home, who, calls })
    }

    /// Batches by region; alone what a batch cannot say (a version) or is not needed for.
    fn fetch<'a>(self: Arc<Self>, targets: &'a [AwsSm]) -> BoxStream<'a, (usize, Resolution)> {
        let mut regions: BTreeMap<String, (Vec<Item<'a>>, Vec<Item<'a>>)> = BTreeMap::new();
        let mut outcomes = Vec::new();
        for (place, target) in targets.iter().enumerate() {
            let home = self.home.as_ref().map(|region| region.to_string());
            let Some(region) = target.region.clone().or(home) else {
                outcomes.push(stream::iter([(place, Err(no_region()))]).boxed());
                continue;
            };
            let (batched, single) = regions.entry(region).or_default();
            let pinned = target.version_id.is_some() || target.version_stage.is_some();
            if pinned { single } else { batched }.push((place, target));
        }
        for (region, (batched, single)) in regions {
            let regional = Arc::new(Regional::new(&self, region));
            outcomes.push(regional.clone().singles(single));
            for batch in batched.chunks(BATCH) {
                outcomes.push(regional.clone().batch(batch.to_vec()));
            }
        }
        stream::select_all(outcomes).boxed()
    }
}

/// Secrets Manager in one region.
struct Regional {
    client: Client,
    region: String,
    who: String,
    calls: Arc<Semaphore>,
}

impl Regional {
    fn new(session: &SignedIn, region: String) -> Self {
        let config = aws_sdk_secretsmanager::config::Builder::from(&session.config)
            .region(Region::new(region.clone()))
            .build();
        let (who, calls) = (session.who.clone(), session.calls.clone());
        Self { client: Client::from_conf(config), region, who, calls }
    }

    fn singles<'a>(self: Arc<Self>, items: Vec<Item<'a>>) -> BoxStream<'a, (usize, Resolution)> {
        stream::iter(items)
            .map(move |(place, target)| {
                let regional = self.clone();
                async move { (place, regional.single(target).await) }
            })
            .buffer_unordered(CONCURRENT)
            .boxed()
    }

    async fn single(&self, target: &AwsSm) -> Resolution {
        let _permit = self.calls.acquire().await;
        let answer = self
            .client
            .get_secret_value()
            .secret_id(&target.id)
            .set_version_id(target.version_id.clone())
            .set_version_stage(target.version_stage.clone())
            .send()
            .await
            .map_err(|error| self.fault(kind(&error)))?;
        let made = answer.created_date;
        self.resolved(answer.secret_string, answer.secret_binary, answer.version_id, made)
    }

    /// One call for all `items`, then single gets for those it does not settle: a batch needs a
    /// permission of its own, and may leave items out.
    fn batch<'a>(self: Arc<Self>, items: Vec<Item<'a>>) -> BoxStream<'a, (usize, Resolution)> {
        if items.len() == 1 {
            return self.singles(items);
        }
        let call = {
            let regional = self.clone();
            async move { regional.settle(items).await }
        };
        stream::once(call)
            .flat_map(move |(settled, open)| {
                stream::iter(settled).chain(self.clone().singles(open))
            })
            .boxed()
    }

    async fn settle<'a>(&self, items: Vec<Item<'a>>) -> (Vec<(usize, Resolution)>, Vec<Item<'a>>) {
        let ids = items.iter().map(|(_, target)| target.id.clone()).collect();
        let permit = self.calls.acquire().await;
        let sent = self.client.batch_get_secret_value().set_secret_id_list(Some(ids)).send().await;
        drop(permit);
        let mut answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                use FaultKind::{Certificate, NoIdentity, Throttled, Unreachable};
                let kind = kind(&error);
                // What would fail twenty times over is not asked twenty times more.
                return if matches!(kind, NoIdentity | Throttled | Unreachable | Certificate) {
                    let fault = self.fault(kind);
                    (items.iter().map(|&(at, _)| (at, Err(fault.clone()))).collect(), Vec::new())
                } else {
                    (Vec::new(), items)
                };
            }
        };
        let mut values = answer.secret_values.take().unwrap_or_default();
        let errors = answer.errors();
        let (mut settled, mut open) = (Vec::new(), Vec::new());
        for (place, target) in items {
            let value = values.iter().position(|entry| names(entry, &target.id));
            let error = errors.iter().find(|error| error.secret_id() == Some(&target.id));
            if let Some(found) = value {
                let entry = values.swap_remove(found);
                let made = entry.created_date;
                let outcome =
                    self.resolved(entry.secret_string, entry.secret_binary, entry.version_id, made);
                settled.push((place, outcome));
            } else if let Some(kind) = error.and_then(|e| e.error_code()).and_then(kind_of_code) {
                settled.push((place, Err(self.fault(kind))));
            } else {
                open.push((place, target));
            }
        }
        (settled, open)
    }

    fn resolved(
        &self,
        text: Option<String>,
        binary: Option<Blob>,
        version: Option<String>,
        made: Option<DateTime>,
    ) -> Resolution {
        let bytes = text.map(String::into_bytes).or(binary.map(Blob::into_inner));
        let value = Secret::new(bytes.ok_or_else(|| self.fault(FaultKind::Malformed))?);
        let created = made.and_then(|at| u64::try_from(at.secs()).ok()).map(Moment::from_seconds);
        Ok(Resolved { value, version: version.as_deref().map(plain).unwrap_or_default(), created })
    }

    fn fault(&self, kind: FaultKind) -> Fault {
        let Self { region, who, .. } = self;
        let (what, hint) = match kind {
            FaultKind::NoIdentity => (
                format!("AWS in {region} refused {who}"),
                "sign in again with `aws sso login`, or check the access key and the clock",
            ),
            FaultKind::Denied => (
                format!("AWS in {region} denies this secret to {who}"),
                "ask for secretsmanager:GetSecretValue on it, and kms:Decrypt on its key",
            ),
            FaultKind::NotFound => (
                format!("there is no such secret or version in {region} for {who}"),
                "check the name, the region and the account; another account's secret needs its \
                 full ARN",
            ),
            FaultKind::Disabled => (
                format!("the secret in {region} is marked for deletion, asked for as {who}"),
                "restore it with `aws secretsmanager restore-secret`, or ask for a new pointer",
            ),
            FaultKind::Throttled => {
                (format!("AWS in {region} asks {who} to slow down"), "try again in a minute")
            }
            FaultKind::Malformed => {
                let what = format!("the secret in {region} has no value, asked for as {who}");
                (what, "ask its owner to give it one")
            }
            FaultKind::Certificate => {
                return Fault::certificate(&format!("AWS Secrets Manager in {region}"));
            }
            FaultKind::Unreachable | FaultKind::Misled | FaultKind::Unsupported => (
                format!("AWS Secrets Manager in {region} gave no usable answer to {who}"),
                "check the network, the proxy and the CA certificates (SSL_CERT_FILE), or try again",
            ),
        };
        Fault::new(kind, what, hint)
    }
}

/// Whether `entry` is what `id` asked for: a name, an ARN, or an ARN less its random suffix.
fn names(entry: &SecretValueEntry, id: &str) -> bool {
    let suffix = |arn: &str| {
        let rest = arn.strip_prefix(id).and_then(|rest| rest.strip_prefix('-'));
        rest.is_some_and(|rest| rest.len() == 6)
    };
    entry.name() == Some(id) || entry.arn().is_some_and(|arn| arn == id || suffix(arn))
}

/// The region of the environment or the profile.
async fn configured_region(profile: Option<&str>, conf: &ProviderConfig) -> Option<Region> {
    let mut file = ProfileFileRegionProvider::builder().configure(conf);
    if let Some(profile) = profile {
        file = file.profile_name(profile);
    }
    // A variable that is empty names none.
    let is_named = |region: &Region| !region.as_ref().is_empty();
    let environment = EnvironmentVariableRegionProvider::new().region().await.filter(is_named);
    RegionProviderChain::first_try(environment).or_else(file.build()).region().await
}

/// The region this machine is in, if it is one of AWS.
async fn machine_region(conf: &ProviderConfig) -> Option<Region> {
    let provider = imds::region::ImdsRegionProvider::builder().configure(conf);
    provider.imds_client(metadata(conf)).build().region().await
}

/// Past any proxy.
fn direct(conf: &ProviderConfig) -> ProviderConfig {
    conf.clone().with_http_client(http_client(ProxyConfig::disabled()))
}

/// The metadata service is on this very host or nowhere: one short try, past any proxy.
fn metadata(conf: &ProviderConfig) -> imds::Client {
    imds::Client::builder()
        .configure(&direct(conf))
        .max_attempts(1)
        .connect_timeout(IMDS_TIMEOUT)
        .read_timeout(IMDS_TIMEOUT)
        .build()
}

/// The credentials that the default chain would find, and whose they are. It is laid out here
/// because it has one client for all: a container's endpoint, which speaks plain HTTP and is sent a
/// token, would be asked through a proxy.
async fn credentials(
    profile: Option<&str>,
    conf: ProviderConfig,
    region: Region,
) -> Result<(Credentials, String), Fault> {
    if let Ok(found) = EnvironmentVariableCredentialsProvider::new().provide_credentials().await {
        let who = format!("the access key {} of the environment", key_id(&found));
        return Ok((found, who));
    }
    let conf = conf.with_region(Some(region));
    let mut file = ProfileFileCredentialsProvider::builder().configure(&conf);
    if let Some(profile) = profile {
        file = file.profile_name(profile);
    }
    let workload = WebIdentityTokenCredentialsProvider::builder().configure(&conf).build();
    let direct = direct(&conf);
    let container = EcsCredentialsProvider::builder().configure(&direct).build();
    let machine =
        ImdsCredentialsProvider::builder().configure(&direct).imds_client(metadata(&conf));
    let chain = CredentialsProviderChain::first_try("Profile", file.build())
        .or_else("WebIdentityToken", workload)
        .or_else("EcsContainer", container)
        .or_else("Ec2InstanceMetadata", machine.build());
    let profile = profile.map(|name| format!("the AWS profile '{}'", plain(name)));
    match chain.provide_credentials().await {
        Ok(found) => {
            let key = format!("access key {}", key_id(&found));
            let account = found.account_id().map(|id| format!(", account {}", plain(id.as_str())));
            let account = account.unwrap_or_default();
            let who = profile.map_or_else(
                || format!("the {key}{account}"),
                |profile| format!("{profile} ({key}{account})"),
            );
            Ok((found, who))
        }
        Err(_) => Err(Fault::new(
            FaultKind::NoIdentity,
            profile.map_or_else(
                || "no AWS credentials were found".to_owned(),
                |profile| format!("{profile} gave no credentials"),
            ),
            "sign in with `aws sso login`, or choose a profile with AWS_PROFILE",
        )),
    }
}

/// An access key's id by its last characters: enough to know it again.
fn key_id(credentials: &Credentials) -> String {
    let id = plain(credentials.access_key_id());
    format!("..{}", &id[id.len().saturating_sub(4)..])
}

fn no_region() -> Fault {
    Fault::new(
        FaultKind::NoIdentity,
        "the pointer names no AWS region, and none is configured",
        "set AWS_REGION, or a region in the AWS profile",
    )
}

/// rustls with ring, as everywhere in kovra. The SDK has no client of its own in this build.
fn http_client(proxy: ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = Connector::builder()
            .tls_provider(TlsProvider::Rustls(CryptoMode::Ring))
            .proxy_config(proxy.clone());
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|c| c.sleep_impl()));
        connector.build()
    })
}

fn kind<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> FaultKind {
    if let SdkError::DispatchFailure(failure) = error
        && failure.as_connector_error().is_some_and(|error| is_certificate(error))
    {
        return FaultKind::Certificate;
    }
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    if let Some(kind) = code.and_then(kind_of_code) {
        return kind;
    }
    match error.raw_response().map(|response| response.status().as_u16()) {
        Some(401) => FaultKind::NoIdentity,
        Some(403) => FaultKind::Denied,
        Some(429) => FaultKind::Throttled,
        _ => FaultKind::Unreachable,
    }
}

/// Most of these are common to all AWS services and not modelled for this one.
fn kind_of_code(code: &str) -> Option<FaultKind> {
    Some(match code {
        "AccessDeniedException" | "AccessDenied" | "DecryptionFailure" => FaultKind::Denied,
        "ResourceNotFoundException" | "InvalidParameterException" | "ValidationException" => {
            FaultKind::NotFound
        }
        "InvalidRequestException" => FaultKind::Disabled,
        "ThrottlingException"
        | "Throttling"
        | "TooManyRequestsException"
        | "RequestLimitExceeded" => FaultKind::Throttled,
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "ExpiredToken"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "RequestExpired"
        | "NotAuthorized"
        | "OptInRequired" => FaultKind::NoIdentity,
        "InternalServiceError" | "InternalFailure" | "ServiceUnavailable" => FaultKind::Unreachable,
        _ => return None,
    })
}
