//! Cloud providers: what turns a pointer into a value, under the caller's own identity.
//!
//! [`resolve`] is the way in. Nothing runs unless a pointer is actually needed: a literal-only run
//! starts no runtime, no TLS and no network. The clouds' own libraries read the environment for
//! their usual settings (profiles, proxies, `SSL_CERT_FILE`); what they do not read comes in through
//! [`Settings`].

#[cfg(feature = "aws")]
mod aws;
#[cfg(feature = "azure")]
mod azure;
pub mod onepassword;
#[cfg(feature = "_cloud")]
mod plan;

#[cfg(feature = "_cloud")]
pub use plan::{resolve, whoami};

use crate::clock::Moment;
use crate::secret::Secret;
#[cfg(feature = "_cloud")]
use futures::future::BoxFuture;
#[cfg(feature = "_cloud")]
use futures::stream::{self, BoxStream, StreamExt};
use std::str::FromStr;
use std::time::Duration;

/// How the clouds are reached.
pub struct Settings {
    /// How long all pointers together may take; what is unfinished then is
    /// [`FaultKind::Unreachable`].
    pub timeout: Duration,
    /// Which Azure: it fixes the hosts of vaults and of sign-in, and no pointer has a say in it.
    pub azure_cloud: AzureCloud,
    /// What Azure's identity libraries do not read themselves.
    pub azure: AzureEnvironment,
    /// The AWS profile, as in `AWS_PROFILE`.
    pub aws_profile: Option<String>,
}

/// An Azure cloud of its own: vaults, sign-in and tokens of one are unknown to the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AzureCloud {
    #[default]
    Public,
    /// Azure operated by 21Vianet.
    China,
    UsGov,
}

impl AzureCloud {
    /// The DNS suffix of its Key Vaults. A vault's host is its name and this, and no bearer token
    /// is asked for any other audience.
    pub fn vault_suffix(self) -> &'static str {
        match self {
            Self::Public => "vault.azure.net",
            Self::China => "vault.azure.cn",
            Self::UsGov => "vault.usgovcloudapi.net",
        }
    }
}

impl FromStr for AzureCloud {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "public" => Self::Public,
            "china" => Self::China,
            "usgov" => Self::UsGov,
            _ => return Err("an Azure cloud is public, china or usgov"),
        })
    }
}

/// The Azure variables that name an identity. Each absent one narrows the choice of credentials.
#[derive(Default)]
pub struct AzureEnvironment {
    pub tenant_id: Option<String>,
    /// `AZURE_CLIENT_ID`: an application, or a user-assigned managed identity.
    pub client_id: Option<String>,
    pub client_secret: Option<Secret>,
    /// `AZURE_FEDERATED_TOKEN_FILE`: the service account token of a workload identity.
    pub federated_token_file: Option<String>,
    /// Whether `IDENTITY_ENDPOINT` is set: a managed identity of App Service or Functions.
    pub identity_endpoint: bool,
}

impl Settings {
    /// The defaults, with what `variable` knows. An empty variable counts as an absent one.
    pub fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        Self {
            azure: AzureEnvironment {
                tenant_id: set("AZURE_TENANT_ID"),
                client_id: set("AZURE_CLIENT_ID"),
                client_secret: set("AZURE_CLIENT_SECRET").map(|s| Secret::new(s.into_bytes())),
                federated_token_file: set("AZURE_FEDERATED_TOKEN_FILE"),
                identity_endpoint: set("IDENTITY_ENDPOINT").is_some(),
            },
            aws_profile: set("AWS_PROFILE"),
            ..Self::default()
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(20),
            azure_cloud: AzureCloud::default(),
            azure: AzureEnvironment::default(),
            aws_profile: None,
        }
    }
}

/// A value, fresh from its provider.
pub struct Resolved {
    pub value: Secret,
    /// The version that was read, as the provider names it; empty if it did not say.
    pub version: String,
    /// When that version was made, if the provider said.
    pub created: Option<Moment>,
}

/// Who the caller is to a cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloudIdentity {
    /// In words, without a secret: a profile, the end of a key's id, an account, an application.
    pub who: String,
    /// Where pointers that do not say it themselves lead: a region, or a cloud and tenant.
    pub place: String,
}

/// Why a pointer did not resolve. Taken from status and error code, never from words in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// No credentials were found, or the ones found were refused outright.
    NoIdentity,
    Denied,
    /// There is no such secret, vault or version.
    NotFound,
    /// The secret is disabled or marked for deletion.
    Disabled,
    Throttled,
    /// The provider did not answer in time, or answered 5xx or with something unreadable.
    Unreachable,
    /// The certificate of what answers is not one that is trusted here. It was sent nothing.
    Certificate,
    /// What answers sent us to another host, or asked for a token meant for another. It got none.
    Misled,
    /// The value is not what the pointer says: no JSON object, no such field, no value.
    Malformed,
    /// This build leaves the pointer's cloud out, or a program that it takes is not here.
    Unsupported,
}

words!(FaultKind {
    NoIdentity = "no-identity",
    Denied = "denied",
    NotFound = "not-found",
    Disabled = "disabled",
    Throttled = "throttled",
    Unreachable = "unreachable",
    Certificate = "bad-certificate",
    Misled = "not-trusted",
    Malformed = "malformed",
    Unsupported = "not-supported",
});

impl FaultKind {
    /// The words for it in tables.
    pub fn phrase(self) -> String {
        self.name().replace('-', " ")
    }
}

/// A pointer that did not resolve, told without anything from the value or the response body; or a
/// 1Password reference, with the beginning of what `op` said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// What happened and as whom, in one sentence without a full stop.
    pub what: String,
    /// What the user can do next, in one sentence without a full stop.
    pub hint: String,
}

impl Fault {
    fn left_out(cloud: &str) -> Self {
        Self::new(
            FaultKind::Unsupported,
            format!("this kovra was built without {cloud}"),
            "install a build with the features 'aws' and 'azure'",
        )
    }

    /// For a host whose certificate is not trusted.
    #[cfg(any(feature = "aws", feature = "azure"))]
    fn certificate(host: &str) -> Self {
        Self::new(
            FaultKind::Certificate,
            format!("the certificate of {host} is not trusted here, so nothing was sent to it"),
            "if your company's proxy signs for it, give the proxy's CA with SSL_CERT_FILE",
        )
    }

    fn new(kind: FaultKind, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, what: what.into(), hint: hint.into() }
    }
}

/// What becomes of one pointer.
pub type Resolution = Result<Resolved, Fault>;

/// A build without any cloud knows pointers, and cannot follow one.
#[cfg(not(feature = "_cloud"))]
pub fn resolve(
    _settings: &Settings,
    pointers: &[crate::pointer::Pointer],
    _watch: &dyn Fn(usize, usize),
) -> Vec<Resolution> {
    pointers.iter().map(|_| Err(Fault::left_out("any cloud"))).collect()
}

/// A build without any cloud is nobody to both.
#[cfg(not(feature = "_cloud"))]
pub fn whoami(_settings: &Settings) -> [(&'static str, Result<CloudIdentity, Fault>); 2] {
    ["AWS", "Azure"].map(|cloud| (cloud, Err(Fault::left_out(cloud))))
}

/// One cloud.
#[cfg(feature = "_cloud")]
trait Provider {
    /// What a pointer into this cloud names.
    type Target;

    /// Reads `targets` concurrently. Each index comes once, in any order, as soon as its outcome is
    /// known: whoever stops listening at a deadline keeps what had arrived by then.
    fn fetch<'a>(&'a self, targets: &'a [Self::Target]) -> BoxStream<'a, (usize, Resolution)>;

    /// Who would read them. Asks no more of the network than finding credentials takes.
    fn identity(&self) -> BoxFuture<'_, Result<CloudIdentity, Fault>>;
}

#[cfg(feature = "_cloud")]
/// One fault for all of `count` targets.
fn all<'a>(count: usize, fault: Fault) -> BoxStream<'a, (usize, Resolution)> {
    stream::iter((0..count).map(move |i| (i, Err(fault.clone())))).boxed()
}

/// Whether `error` comes of a certificate that was not trusted.
#[cfg(any(feature = "aws", feature = "azure"))]
fn is_certificate(error: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = error.downcast_ref() {
        return true;
    }
    // What an I/O error wraps is not its source, but what it is.
    let wrapped = error.downcast_ref().and_then(std::io::Error::get_ref);
    wrapped.map_or_else(
        || error.source().is_some_and(is_certificate),
        |wrapped| is_certificate(wrapped),
    )
}

/// A name from the outside, fit for a sentence: printable ASCII, and not too much of it.
#[cfg(any(feature = "aws", feature = "azure"))]
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_graphic).take(64).collect()
}
