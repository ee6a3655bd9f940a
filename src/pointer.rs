//! Pointers: where a cloud secret lives, never what it is.
//!
//! ```text
//! azure-kv://<vault>/<secret>[/<version>][#field]
//! aws-sm://<name-or-ARN>[?region=..][&version-id=..|&version-stage=..][#field]
//! ```
//!
//! A pointer comes from somebody else, so it may only choose *what* to read. It can never choose a
//! host, an endpoint, a proxy or a profile: the vault is a bare DNS label, an ARN's partition and
//! region must be well-formed, and a parameter that is not listed above is refused by name.

use crate::limits;
use std::fmt;
use std::str::FromStr;

/// Why a text is not a pointer. The texts repeat nothing of the input but checked ASCII.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PointerError {
    #[error("a pointer is at most {} bytes", limits::POINTER)]
    TooLong,
    /// A character that could mislead a reader or a parser.
    #[error("a pointer is printable ASCII without spaces, quotes, backslashes or '%'")]
    Character,
    #[error("a pointer starts with azure-kv:// or aws-sm://")]
    Scheme,
    #[error("an Azure pointer is azure-kv://<vault>/<secret>[/<version>]")]
    AzureShape,
    #[error(
        "an Azure vault is its bare name, 3 to 24 letters, digits and single hyphens, starting \
         with a letter; the host is never part of a pointer"
    )]
    AzureVault,
    #[error("an Azure secret name is 1 to 127 letters, digits and hyphens")]
    AzureSecret,
    #[error("an Azure secret version is 1 to 32 letters and digits")]
    AzureVersion,
    #[error("an AWS secret name is 1 to 512 of letters, digits and /_+=.@-")]
    AwsName,
    #[error(
        "an AWS secret's ARN is arn:<partition>:secretsmanager:<region>:<12 digits>:secret:<name>"
    )]
    AwsArn,
    #[error("an AWS region looks like eu-west-1")]
    AwsRegion,
    #[error("the region parameter differs from the region in the ARN")]
    AwsRegionConflict,
    #[error(
        "give one of version-id (32 to 64 letters, digits, hyphens) and version-stage (1 to 256)"
    )]
    AwsVersion,
    #[error("parameter '{0}' is given twice")]
    Repeated(String),
    #[error("unknown parameter '{0}'")]
    Unknown(String),
    #[error("a #field is 1 to 128 characters")]
    Field,
}

/// A well-formed pointer (`spec/package-v1.md` 4.6). It keeps the text it was parsed from, which is
/// what travels and is shown. Parsing it asks nobody whether there is such a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pointer {
    text: String,
    target: Target,
    field: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Target {
    AzureKv(AzureKv),
    AwsSm(AwsSm),
}

/// A secret in Azure Key Vault.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AzureKv {
    /// The vault's bare name; its host is this and a suffix from the local settings.
    pub vault: String,
    pub secret: String,
    /// `None` for the current one.
    pub version: Option<String>,
}

/// A secret in AWS Secrets Manager.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AwsSm {
    /// A name or a full ARN, as `SecretId` takes it.
    pub id: String,
    /// The region of the parameter or of the ARN; otherwise the caller's own.
    pub region: Option<String>,
    pub version_id: Option<String>,
    pub version_stage: Option<String>,
}

impl Pointer {
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The key to pick from the value, which must then be a JSON object.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// One text for all pointers that may lead to the same secret, whichever version or field, and however
    /// it is named: of an ARN only the name counts, without the six characters that Secrets Manager adds.
    pub fn secret(&self) -> String {
        match &self.target {
            Target::AzureKv(AzureKv { vault, secret, .. }) => {
                format!("azure-kv://{vault}/{secret}").to_ascii_lowercase()
            }
            Target::AwsSm(AwsSm { id, .. }) => {
                let name = if id.starts_with("arn:") { id.rsplit(':').next() } else { None };
                let name = name.unwrap_or(id);
                let added = |(_, end): &(&str, &str)| {
                    end.len() == 6 && end.bytes().all(|b| b.is_ascii_alphanumeric())
                };
                let mut short = name;
                // A name can end so by itself, and then its ARN has two such ends: neither counts.
                while let Some((name, _)) = short.rsplit_once('-').filter(added) {
                    short = name;
                }
                format!("aws-sm://{short}")
            }
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Pointer {
    type Err = PointerError;

    fn from_str(text: &str) -> Result<Self, PointerError> {
        if text.len() > limits::POINTER {
            return Err(PointerError::TooLong);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic() && !b"\"'`\\%<>^{|}".contains(&b)) {
            return Err(PointerError::Character);
        }
        let (body, field) = match text.split_once('#') {
            None => (text, None),
            Some((_, field)) if field.is_empty() || field.len() > 128 => {
                return Err(PointerError::Field);
            }
            Some((body, field)) => (body, Some(field.to_owned())),
        };
        let target = if let Some(rest) = body.strip_prefix("azure-kv://") {
            Target::AzureKv(azure(rest)?)
        } else if let Some(rest) = body.strip_prefix("aws-sm://") {
            Target::AwsSm(aws(rest)?)
        } else {
            return Err(PointerError::Scheme);
        };
        Ok(Self { text: text.to_owned(), target, field })
    }
}

fn azure(rest: &str) -> Result<AzureKv, PointerError> {
    if let Some((_, query)) = rest.split_once('?') {
        return Err(PointerError::Unknown(parameter_name(query)));
    }
    let mut parts = rest.split('/');
    let (Some(vault), Some(secret), version, None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(PointerError::AzureShape);
    };
    if !is_vault_name(vault) {
        return Err(PointerError::AzureVault);
    }
    let name = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if !sized(secret, 1..=127) || !secret.bytes().all(name) {
        return Err(PointerError::AzureSecret);
    }
    if version.is_some_and(|v| !sized(v, 1..=32) || !v.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return Err(PointerError::AzureVersion);
    }
    Ok(AzureKv {
        vault: vault.to_owned(),
        secret: secret.to_owned(),
        version: version.map(str::to_owned),
    })
}

/// A Key Vault name is one DNS label under the cloud's suffix.
fn is_vault_name(text: &str) -> bool {
    sized(text, 3..=24)
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with('-')
        && !text.contains("--")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn aws(rest: &str) -> Result<AwsSm, PointerError> {
    let (id, query) = rest.split_once('?').map_or((rest, None), |(id, query)| (id, Some(query)));
    let arn_region = if id.starts_with("arn:") { Some(arn_region(id)?) } else { None };
    if arn_region.is_none() && !is_secret_name(id) {
        return Err(PointerError::AwsName);
    }
    let (mut region, mut version_id, mut version_stage) = (None, None, None);
    for pair in query.into_iter().flat_map(|q| q.split('&')) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let slot = match name {
            "region" => &mut region,
            "version-id" => &mut version_id,
            "version-stage" => &mut version_stage,
            _ => return Err(PointerError::Unknown(parameter_name(pair))),
        };
        if slot.replace(value.to_owned()).is_some() {
            return Err(PointerError::Repeated(name.to_owned()));
        }
    }
    if region.as_deref().is_some_and(|r| !is_region(r)) {
        return Err(PointerError::AwsRegion);
    }
    if let (Some(a), Some(b)) = (arn_region, &region)
        && a != b
    {
        return Err(PointerError::AwsRegionConflict);
    }
    let id_char = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if version_id.as_deref().is_some_and(|v| !sized(v, 32..=64) || !v.bytes().all(id_char))
        || version_stage.as_deref().is_some_and(|v| !sized(v, 1..=256) || !v.bytes().all(name_char))
        || (version_id.is_some() && version_stage.is_some())
    {
        return Err(PointerError::AwsVersion);
    }
    Ok(AwsSm {
        id: id.to_owned(),
        region: region.or_else(|| arn_region.map(str::to_owned)),
        version_id,
        version_stage,
    })
}

fn arn_region(id: &str) -> Result<&str, PointerError> {
    let parts: Vec<&str> = id.splitn(7, ':').collect();
    let ["arn", partition, "secretsmanager", region, account, "secret", name] = parts[..] else {
        return Err(PointerError::AwsArn);
    };
    let partition_ok = partition == "aws"
        || partition.strip_prefix("aws-").is_some_and(|rest| {
            sized(rest, 1..=16) && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
        });
    let account_ok = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    if !partition_ok || !account_ok || !is_secret_name(name) {
        return Err(PointerError::AwsArn);
    }
    if is_region(region) { Ok(region) } else { Err(PointerError::AwsRegion) }
}

/// `eu-west-1`, `us-gov-east-1`: lower-case words and a number, so one DNS label at most.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [words @ .., number] = &parts[..] else { return false };
    (2..=4).contains(&words.len())
        && words.iter().all(|w| sized(w, 2..=12) && w.bytes().all(|b| b.is_ascii_lowercase()))
        && sized(number, 1..=2)
        && number.bytes().all(|b| b.is_ascii_digit())
}

fn is_secret_name(text: &str) -> bool {
    sized(text, 1..=512) && text.bytes().all(name_char)
}

fn name_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"/_+=.@-".contains(&b)
}

fn sized(text: &str, range: std::ops::RangeInclusive<usize>) -> bool {
    range.contains(&text.len())
}

fn parameter_name(pair: &str) -> String {
    pair.split(['=', '&']).next().unwrap_or_default().chars().take(32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> PointerError {
        text.parse::<Pointer>().expect_err(text)
    }

    #[test]
    fn azure_in_full() {
        let p: Pointer = "azure-kv://payments-kv/db-url/0123abcd#password".parse().unwrap();
        assert_eq!(p.field(), Some("password"));
        let Target::AzureKv(kv) = p.target() else { panic!("azure") };
        assert_eq!((kv.vault.as_str(), kv.secret.as_str()), ("payments-kv", "db-url"));
        assert_eq!(kv.version.as_deref(), Some("0123abcd"));
    }

    #[test]
    fn aws_in_full() {
        let p: Pointer =
            "aws-sm:///prod/db+x?region=eu-west-1&version-stage=AWSPREVIOUS".parse().unwrap();
        let Target::AwsSm(sm) = p.target() else { panic!("aws") };
        assert_eq!((sm.id.as_str(), sm.region.as_deref()), ("/prod/db+x", Some("eu-west-1")));
        assert_eq!(sm.version_stage.as_deref(), Some("AWSPREVIOUS"));

        let arn = "arn:aws-us-gov:secretsmanager:us-gov-east-1:123456789012:secret:db-AbCdEf";
        let p: Pointer = format!("aws-sm://{arn}").parse().unwrap();
        let Target::AwsSm(sm) = p.target() else { panic!("aws") };
        assert_eq!((sm.id.as_str(), sm.region.as_deref()), (arn, Some("us-gov-east-1")));
    }

    #[test]
    fn a_pointer_never_chooses_the_host() {
        for vault in
            ["evil.example.com", "a", "user@vault", "vault:8443", "-ab", "ab-", "a--b", "1ab", ""]
        {
            assert_eq!(
                error(&format!("azure-kv://{vault}/x")),
                PointerError::AzureVault,
                "{vault}"
            );
        }
        assert_eq!(error("azure-kv://vault%2eevil/x"), PointerError::Character);
        assert_eq!(error("azure-kv://v\u{430}ult/x"), PointerError::Character);
        assert_eq!(error("aws-sm://x?region=evil.com/"), PointerError::AwsRegion);
        assert_eq!(error("aws-sm://x?region=eu-west-1.evil.com"), PointerError::AwsRegion);
        assert_eq!(
            error("aws-sm://arn:aws:secretsmanager:evil.com#:123456789012:secret:x"),
            PointerError::AwsArn
        );
    }

    #[test]
    fn dot_dot_cannot_reach_another_secret() {
        assert_eq!(error("azure-kv://vault/foo/../bar"), PointerError::AzureShape);
        assert_eq!(error("azure-kv://vault/.."), PointerError::AzureSecret);
        assert_eq!(error("azure-kv://vault/foo/.."), PointerError::AzureVersion);
        assert_eq!(error("azure-kv://vault/"), PointerError::AzureSecret);
        assert_eq!(error("azure-kv://vault"), PointerError::AzureShape);
    }

    #[test]
    fn unknown_parameters_are_refused_by_name() {
        assert_eq!(error("aws-sm://x?endpoint=http://e"), PointerError::Unknown("endpoint".into()));
        assert_eq!(error("aws-sm://x?profile=p"), PointerError::Unknown("profile".into()));
        assert_eq!(error("azure-kv://vault/x?api=1"), PointerError::Unknown("api".into()));
        assert_eq!(
            error("aws-sm://x?region=eu-west-1&region=eu-west-1"),
            PointerError::Repeated("region".into())
        );
        assert_eq!(error("aws-sm://x?"), PointerError::Unknown(String::new()));
    }

    #[test]
    fn aws_details() {
        let arn = "aws-sm://arn:aws:secretsmanager:eu-west-1:123456789012:secret:x";
        assert_eq!(error(&format!("{arn}?region=us-east-1")), PointerError::AwsRegionConflict);
        assert_eq!(
            error("aws-sm://arn:aws:s3:eu-west-1:123456789012:secret:x"),
            PointerError::AwsArn
        );
        assert_eq!(
            error("aws-sm://arn:evil:secretsmanager:eu-west-1:123456789012:secret:x"),
            PointerError::AwsArn
        );
        assert_eq!(error("aws-sm://a b"), PointerError::Character);
        assert_eq!(error("aws-sm://"), PointerError::AwsName);
        assert_eq!(error("aws-sm://x?version-id=1"), PointerError::AwsVersion);
        assert_eq!(error("aws-sm://x#"), PointerError::Field);
        assert_eq!(error("https://vault.vault.azure.net/x"), PointerError::Scheme);
        assert_eq!(error(&format!("aws-sm://{}", "x".repeat(1024))), PointerError::TooLong);
    }
}
