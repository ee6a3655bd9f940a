//! From pointers to outcomes: each secret is read once, both clouds work side by side, and one
//! deadline holds for all.

use super::{CloudIdentity, Fault, FaultKind, Provider, Resolution, Resolved, Settings};
use crate::pointer::{AwsSm, AzureKv, Pointer, Target};
use crate::secret::Secret;
use futures::future::{BoxFuture, Either, join, select};
use futures::stream::{BoxStream, StreamExt};
use serde_json::value::RawValue;
use std::cell::Cell;
use std::collections::HashMap;
use std::hash::Hash;
use std::pin::pin;
use std::time::Duration;
use tokio::runtime::Runtime;

/// How often whoever watches is told how far it is.
const TICK: Duration = Duration::from_millis(100);

/// Resolves `pointers` under the caller's own identities, with one outcome each, in their order.
/// Meanwhile `watch` is called ten times a second with how many secrets were asked for and are
/// settled, and how many there are.
///
/// Blocks for [`Settings::timeout`] at most. Must not be called from within an async runtime: it
/// brings its own, and only if there is anything to resolve.
pub fn resolve(
    settings: &Settings,
    pointers: &[Pointer],
    watch: &dyn Fn(usize, usize),
) -> Vec<Resolution> {
    with_clouds(settings, |clouds| resolve_with(settings.timeout, clouds, pointers, watch))
}

/// Which identity each cloud would use. It reads no secret, and takes [`Settings::timeout`] at most.
pub fn whoami(settings: &Settings) -> [(&'static str, Result<CloudIdentity, Fault>); 2] {
    let limit = settings.timeout;
    let in_time = async |asked: BoxFuture<'_, Result<CloudIdentity, Fault>>| {
        tokio::time::timeout(limit, asked).await.unwrap_or_else(|_| Err(late(limit)))
    };
    with_clouds(settings, |Clouds { aws, azure }| {
        let asked = runtime().map(|runtime| {
            let both = join(in_time(aws.identity()), in_time(azure.identity()));
            let answers = runtime.block_on(both);
            runtime.shutdown_background();
            answers
        });
        let (aws, azure) = asked.unwrap_or_else(|fault| (Err(fault.clone()), Err(fault)));
        [("AWS", aws), ("Azure", azure)]
    })
}

fn with_clouds<T>(settings: &Settings, work: impl FnOnce(Clouds<'_>) -> T) -> T {
    let mut clouds = Clouds { aws: Cloud::left_out("AWS"), azure: Cloud::left_out("Azure") };
    #[cfg(feature = "aws")]
    let aws = super::aws::Aws::new(settings);
    #[cfg(feature = "aws")]
    clouds.aws.provider.replace(&aws);
    #[cfg(feature = "azure")]
    let azure = super::azure::Azure::new(settings);
    #[cfg(feature = "azure")]
    clouds.azure.provider.replace(&azure);
    work(clouds)
}

struct Clouds<'a> {
    aws: Cloud<'a, AwsSm>,
    azure: Cloud<'a, AzureKv>,
}

/// A cloud, if this build has it.
struct Cloud<'a, T> {
    name: &'static str,
    provider: Option<&'a dyn Provider<Target = T>>,
}

impl<'a, T> Cloud<'a, T> {
    fn left_out(name: &'static str) -> Self {
        Self { name, provider: None }
    }

    fn fetch(&self, targets: &'a [T]) -> BoxStream<'a, (usize, Resolution)> {
        match self.provider {
            Some(provider) => provider.fetch(targets),
            None => super::all(targets.len(), Fault::left_out(self.name)),
        }
    }

    fn identity(&self) -> BoxFuture<'_, Result<CloudIdentity, Fault>> {
        match self.provider {
            Some(provider) => provider.identity(),
            None => Box::pin(async { Err(Fault::left_out(self.name)) }),
        }
    }
}

/// One thread is enough for what waits on the network.
fn runtime() -> Result<Runtime, Fault> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|_| {
        Fault::new(
            FaultKind::Unreachable,
            "the system gave no resources for network access",
            "raise the limit of open files and try again",
        )
    })
}

fn resolve_with(
    timeout: Duration,
    Clouds { aws, azure }: Clouds<'_>,
    pointers: &[Pointer],
    watch: &dyn Fn(usize, usize),
) -> Vec<Resolution> {
    if pointers.is_empty() {
        return Vec::new();
    }
    let (mut aws_targets, mut azure_targets) = (Distinct::default(), Distinct::default());
    for pointer in pointers {
        match pointer.target() {
            Target::AwsSm(target) => aws_targets.insert(target),
            Target::AzureKv(target) => azure_targets.insert(target),
        }
    }
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(fault) => return pointers.iter().map(|_| Err(fault.clone())).collect(),
    };
    let (settled, total) = (Cell::new(0), aws_targets.items.len() + azure_targets.items.len());
    let both = join(
        gather(timeout, &settled, &aws_targets.items, |targets| aws.fetch(targets)),
        gather(timeout, &settled, &azure_targets.items, |targets| azure.fetch(targets)),
    );
    let ticking = async {
        loop {
            tokio::time::sleep(TICK).await;
            watch(settled.get(), total);
        }
    };
    let (from_aws, from_azure) = runtime.block_on(async {
        match select(pin!(both), pin!(ticking)).await {
            Either::Left((outcomes, _)) => outcomes,
            Either::Right((never, _)) => never,
        }
    });
    // A DNS lookup that hangs on a thread of its own must not outlive the deadline.
    runtime.shutdown_background();
    let outcome = |pointer: &Pointer| match pointer.target() {
        Target::AwsSm(target) => &from_aws[aws_targets.places[target]],
        Target::AzureKv(target) => &from_azure[azure_targets.places[target]],
    };
    pointers.iter().map(|pointer| pick(outcome(pointer), pointer.field())).collect()
}

/// Targets in order of first appearance, each once.
struct Distinct<T> {
    items: Vec<T>,
    places: HashMap<T, usize>,
}

impl<T: Clone + Eq + Hash> Distinct<T> {
    fn insert(&mut self, target: &T) {
        if !self.places.contains_key(target) {
            self.places.insert(target.clone(), self.items.len());
            self.items.push(target.clone());
        }
    }
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self { items: Vec::new(), places: HashMap::new() }
    }
}

/// What `fetch` brings before the deadline, and a fault for the rest.
async fn gather<'a, T>(
    timeout: Duration,
    settled: &Cell<usize>,
    targets: &'a [T],
    fetch: impl FnOnce(&'a [T]) -> BoxStream<'a, (usize, Resolution)>,
) -> Vec<Resolution> {
    let mut outcomes: Vec<Resolution> = targets.iter().map(|_| Err(late(timeout))).collect();
    if targets.is_empty() {
        return outcomes;
    }
    let mut arrivals = fetch(targets).take_until(Box::pin(tokio::time::sleep(timeout)));
    while let Some((place, outcome)) = arrivals.next().await {
        outcomes[place] = outcome;
        settled.set(settled.get() + 1);
    }
    outcomes
}

fn late(timeout: Duration) -> Fault {
    Fault::new(
        FaultKind::Unreachable,
        format!("there was no answer within {} s", timeout.as_secs_f32()),
        "check the network and the proxy, or allow more time with --timeout",
    )
}

/// This pointer's own copy of what was read, or of one field of it.
fn pick(outcome: &Resolution, field: Option<&str>) -> Resolution {
    let read = outcome.as_ref().map_err(Fault::clone)?;
    let value = match field {
        None => Secret::copy_of(read.value.expose()),
        Some(name) => json_field(read.value.expose(), name).map_err(|what| {
            Fault::new(FaultKind::Malformed, what, "check the pointer's #field with its sender")
        })?,
    };
    Ok(Resolved { value, version: read.version.clone(), created: read.created })
}

/// A string as its text, anything else as the JSON it was written in, without optional whitespace:
/// a number keeps every digit.
fn json_field(bytes: &[u8], name: &str) -> Result<Secret, &'static str> {
    let fields: HashMap<String, &RawValue> =
        serde_json::from_slice(bytes).map_err(|_| "the value is not a JSON object")?;
    let raw = fields.get(name).ok_or("the value has no such field")?.get();
    match raw.as_bytes().first() {
        Some(b'n') => Err("the field is null"),
        Some(b'"') => serde_json::from_str::<String>(raw)
            .map(|text| Secret::new(text.into_bytes()))
            .map_err(|_| "the field is not valid JSON"),
        _ => Ok(Secret::new(compact(raw))),
    }
}

fn compact(json: &str) -> Vec<u8> {
    let (mut quoted, mut escaped) = (false, false);
    let mut compact = Vec::with_capacity(json.len());
    for byte in json.bytes() {
        if quoted || !byte.is_ascii_whitespace() {
            compact.push(byte);
        }
        quoted ^= byte == b'"' && !escaped;
        escaped = quoted && byte == b'\\' && !escaped;
    }
    compact
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::stream;
    use std::sync::Mutex;

    /// Answers with what `answer` makes of a target, last target first, and notes what was asked.
    struct Fake<T> {
        answer: fn(&T) -> Option<Result<String, FaultKind>>,
        asked: Mutex<Vec<T>>,
    }

    impl<T> Fake<T> {
        fn new(answer: fn(&T) -> Option<Result<String, FaultKind>>) -> Self {
            Self { answer, asked: Mutex::new(Vec::new()) }
        }
    }

    impl<T: Clone + Send + Sync> Provider for Fake<T> {
        type Target = T;

        fn fetch<'a>(&'a self, targets: &'a [T]) -> BoxStream<'a, (usize, Resolution)> {
            self.asked.lock().unwrap().extend_from_slice(targets);
            let answers = targets.iter().enumerate().rev().filter_map(|(place, target)| {
                let outcome = (self.answer)(target)?
                    .map(|text| Resolved {
                        value: Secret::new(text.into_bytes()),
                        version: "7".to_owned(),
                        created: None,
                    })
                    .map_err(|kind| Fault::new(kind, "what", "hint"));
                Some((place, outcome))
            });
            stream::iter(answers).chain(stream::pending()).boxed()
        }

        fn identity(&self) -> BoxFuture<'_, Result<CloudIdentity, Fault>> {
            Box::pin(std::future::pending())
        }
    }

    fn aws_fake() -> Fake<AwsSm> {
        Fake::new(|target| match target.id.as_str() {
            "denied" => Some(Err(FaultKind::Denied)),
            "late" => None,
            "json" => Some(Ok(r#"{"user": "ann", "port": 5432}"#.to_owned())),
            id => Some(Ok(format!("aws {id}"))),
        })
    }

    fn azure_fake() -> Fake<AzureKv> {
        Fake::new(|target| Some(Ok(format!("azure {}", target.secret))))
    }

    fn told(outcomes: Vec<Resolution>) -> Vec<Result<String, FaultKind>> {
        let text = |resolved: Resolved| String::from_utf8(resolved.value.expose().to_vec());
        outcomes.into_iter().map(|o| o.map(|r| text(r).unwrap()).map_err(|f| f.kind)).collect()
    }

    fn run(aws: &Fake<AwsSm>, azure: &Fake<AzureKv>, texts: &[&str]) -> Vec<Resolution> {
        let pointers: Vec<Pointer> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let clouds = Clouds {
            aws: Cloud { provider: Some(aws), ..Cloud::left_out("AWS") },
            azure: Cloud { provider: Some(azure), ..Cloud::left_out("Azure") },
        };
        resolve_with(Duration::from_millis(50), clouds, &pointers, &|_, _| ())
    }

    #[test]
    fn each_secret_is_read_once_and_each_pointer_gets_its_outcome_in_order() {
        let (aws, azure) = (aws_fake(), azure_fake());
        let outcomes = run(
            &aws,
            &azure,
            &[
                "azure-kv://vault/a",
                "aws-sm://json#port",
                "aws-sm://denied",
                "aws-sm://json#user",
                "azure-kv://vault/a",
                "aws-sm://late",
                "aws-sm://x",
                "azure-kv://vault/b",
                "aws-sm://denied#field",
            ],
        );
        assert_eq!(
            told(outcomes),
            [
                Ok("azure a".to_owned()),
                Ok("5432".to_owned()),
                Err(FaultKind::Denied),
                Ok("ann".to_owned()),
                Ok("azure a".to_owned()),
                Err(FaultKind::Unreachable),
                Ok("aws x".to_owned()),
                Ok("azure b".to_owned()),
                Err(FaultKind::Denied),
            ]
        );
        let asked: Vec<_> = aws.asked.lock().unwrap().iter().map(|t| t.id.clone()).collect();
        assert_eq!(asked, ["json", "denied", "late", "x"]);
        assert_eq!(azure.asked.lock().unwrap().len(), 2);
    }

    #[test]
    fn a_cloud_without_pointers_is_left_alone() {
        let (aws, azure) = (aws_fake(), azure_fake());
        assert!(run(&aws, &azure, &[]).is_empty());
        let outcomes = run(&Fake::new(|_| panic!("asked")), &azure, &["azure-kv://vault/a"]);
        assert!(outcomes[0].is_ok());
        assert!(aws.asked.lock().unwrap().is_empty());
    }

    #[test]
    fn a_version_is_a_secret_of_its_own() {
        let azure = azure_fake();
        run(&aws_fake(), &azure, &["azure-kv://vault/a", "azure-kv://vault/a/1"]);
        assert_eq!(azure.asked.lock().unwrap().len(), 2);
    }

    #[test]
    fn a_field_keeps_what_was_written() {
        let json = br#" { "text": "a\"\u00e9 b", "big": 12345678901234567890123, "price": 1.10,
            "yes": true, "none": null, "list": [ 1, " a \" b " , {} ], "object": { "k" : "v w" } } "#;
        let field =
            |name| json_field(json, name).map(|s| String::from_utf8(s.expose().to_vec()).unwrap());
        assert_eq!(field("text").unwrap(), "a\"\u{e9} b");
        assert_eq!(field("big").unwrap(), "12345678901234567890123");
        assert_eq!(field("price").unwrap(), "1.10");
        assert_eq!(field("yes").unwrap(), "true");
        assert_eq!(field("list").unwrap(), r#"[1," a \" b ",{}]"#);
        assert_eq!(field("object").unwrap(), r#"{"k":"v w"}"#);
        assert_eq!(field("none"), Err("the field is null"));
        assert_eq!(field("absent"), Err("the value has no such field"));
        for value in [&b"text"[..], b"[1]", b"\"a\"", b"{\"a\":1} x", b"\xff", b""] {
            assert!(json_field(value, "a").is_err());
        }
    }
}
