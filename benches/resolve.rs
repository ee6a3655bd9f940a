//! What pointers cost beyond the network: the real program against both stand-ins, which take 50 ms
//! for each answer.
//!
//! `cargo bench --bench resolve` prints whole processes side by side, and fails if many pointers cost
//! more round trips over a single one than they may, if 200 of each cloud take a second, if they ask
//! for more than one token, or if one pointer costs more than 30 ms of CPU.

// A benchmark that cannot set itself up has nothing better to do than to panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Its figures go to standard output.
#![allow(clippy::print_stdout)]

use forge::clouds::{BEARER, Standin};
use forge::people::Person;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What the stand-ins add to each answer: one round trip.
const TRIP: Duration = Duration::from_millis(50);
const MANY: usize = 50;
const LOTS: usize = 200;
const ROUNDS: u32 = 15;
const WALL_LIMIT: Duration = Duration::from_secs(1);
const NOBODY_LIMIT: Duration = Duration::from_millis(500);
const CPU_LIMIT: Duration = Duration::from_millis(30);

const AWS: &str = "aws-sm://";
const AZURE: &str = "azure-kv://bench-kv/";
const ENTRA: &str = "login.microsoftonline.com";

fn main() {
    let clouds = clouds();
    let mut person = person();
    person.env.extend(clouds.env());
    trust_as_usual(&mut person);
    println!("Whole processes at {TRIP:?} a round trip, median of {ROUNDS} runs each:");
    let aws = Figures::of(&person, "aws-1");
    let aws_many = Figures::of(&person, "aws-50");
    let azure = Figures::of(&person, "azure-1");
    let azure_many = Figures::of(&person, "azure-50");
    let both = Figures::of(&person, "both-200");

    let trips =
        |many: Figures, one: Figures| many.wall.saturating_sub(one.wall).div_duration_f64(TRIP);
    let (aws_trips, azure_trips) = (trips(aws_many, aws), trips(azure_many, azure));
    println!("{MANY} AWS over one     {aws_trips:.1} round trips (limit 3)");
    println!("{MANY} Azure over one   {azure_trips:.1} round trips (limit 4)");
    println!("{LOTS} of each        {:.0?} (limit {WALL_LIMIT:?})", both.wall);
    println!(
        "one, CPU           {:.1?} AWS, {:.1?} Azure (limit {CPU_LIMIT:?})",
        aws.cpu, azure.cpu
    );
    let (runs, tokens) = sign_ins(&mut person, &clouds);
    println!(
        "{LOTS} of each ask     {tokens} time for a token; without an application, run az {runs} time"
    );
    let nobody = nobody();
    println!("no identity at all {nobody:.0?} (limit {NOBODY_LIMIT:?})");
    assert!(nobody < NOBODY_LIMIT, "it takes too long to find nobody");
    assert!(aws_trips <= 3.0 && azure_trips <= 4.0, "too many round trips");
    assert!(both.wall < WALL_LIMIT, "{LOTS} of each take too long");
    assert!(aws.cpu <= CPU_LIMIT && azure.cpu <= CPU_LIMIT, "one pointer takes too much CPU");
    assert_eq!((runs, tokens), (1, 1));
}

fn clouds() -> Standin {
    let empty = Standin::builder().latency(TRIP);
    let filled = (0..LOTS).fold(empty, |clouds, n| {
        let name = format!("k{n}");
        clouds.aws("eu-west-1", &name, "value").azure("bench-kv", &name, "value")
    });
    filled.start()
}

/// Somebody with a project of pointers for each line of the table.
fn person() -> Person {
    let person = Person::with_vault("alice");
    for (project, count, clouds) in [
        ("aws-1", 1, &[AWS][..]),
        ("aws-50", MANY, &[AWS]),
        ("azure-1", 1, &[AZURE]),
        ("azure-50", MANY, &[AZURE]),
        ("both-200", LOTS, &[AWS, AZURE]),
    ] {
        for (cloud, n) in clouds.iter().flat_map(|cloud| (0..count).map(move |n| (cloud, n))) {
            let at = format!("dev/{}/k{n}", &cloud[..3]);
            let pointer = format!("{cloud}k{n}");
            person.ok(&["add", &at, "--reference", &pointer, "--project", project]);
        }
    }
    person
}

/// How long it takes to know that there is no identity, where a metadata service never answers.
fn nobody() -> Duration {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut person = Person::new("nobody");
    let address = format!("http://{}", silent.local_addr().unwrap());
    person.env.insert("AWS_EC2_METADATA_SERVICE_ENDPOINT".into(), address);
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let mut command = person.kovra();
            command.arg("whoami").stdout(Stdio::null()).stderr(Stdio::null());
            let start = Instant::now();
            assert_eq!(command.status().unwrap().code(), Some(31));
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// With the authorities that this system trusts besides the stand-ins' own: reading them is part of
/// what a pointer costs.
fn trust_as_usual(person: &mut Person) {
    let mut trusted = std::fs::read(&person.env["SSL_CERT_FILE"]).unwrap();
    trusted.extend(std::fs::read("/etc/ssl/certs/ca-certificates.crt").unwrap_or_default());
    let file = person.write("ca.pem", trusted);
    person.env.insert("SSL_CERT_FILE".into(), file.to_string_lossy().into_owned());
}

/// What one run takes.
#[derive(Clone, Copy)]
struct Figures {
    wall: Duration,
    cpu: Duration,
}

impl Figures {
    fn of(person: &Person, project: &str) -> Self {
        let cpu = children_cpu();
        let mut walls: Vec<Duration> = (0..ROUNDS).map(|_| materialize(person, project)).collect();
        walls.sort();
        let cpu = (children_cpu() - cpu) / ROUNDS;
        let wall = walls[walls.len() / 2];
        println!("  {project:<12} {wall:>8.0?}   CPU {cpu:>8.1?}");
        Self { wall, cpu }
    }
}

fn materialize(person: &Person, project: &str) -> Duration {
    let mut command = person.kovra();
    command.args(["materialize", "--project", project]).stdout(Stdio::null());
    let start = Instant::now();
    assert!(command.status().unwrap().success(), "{project}");
    start.elapsed()
}

/// The CPU time of all children so far, user and system: fields 16 and 17 of proc(5)'s stat, in
/// hundredths of a second.
fn children_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit_once(')').unwrap().1.split_whitespace().skip(13).take(2);
    let ticks: u64 = fields.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

/// How often `az` is run where it is the only identity, and how often Entra is asked where it is not.
fn sign_ins(person: &mut Person, clouds: &Standin) -> (usize, usize) {
    let before = clouds.requests_to(ENTRA).len();
    materialize(person, "both-200");
    let tokens = clouds.requests_to(ENTRA).len() - before;

    let (az, log) = (person.home().join("az"), person.home().join("az.log"));
    let token =
        format!(r#"{{"accessToken":"{}","expires_on":4102444800,"tokenType":"Bearer"}}"#, BEARER);
    let script = format!("#!/bin/sh\necho run >> '{}'\necho '{token}'\n", log.display());
    std::fs::write(&az, script).unwrap();
    assert!(Command::new("chmod").arg("755").arg(&az).status().unwrap().success());
    person.env.retain(|name, _| !name.starts_with("AZURE_"));
    let path = format!("{}:{}", person.home().display(), person.env["PATH"]);
    person.env.insert("PATH".into(), path);
    materialize(person, "both-200");
    (std::fs::read_to_string(log).unwrap().lines().count(), tokens)
}
