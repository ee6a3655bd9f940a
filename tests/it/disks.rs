//! A disk that is full, failing, or not to be written. Each has its own words and
//! none is called damage; reading goes on, and afterwards the vault is as it was.

use crate::vault_file::{beside, fold};
use forge::people::{Person, Ran, kovra_path};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const MARKER: &str = "marker-of-a-value";
/// More than any disk of these tests has left, and less than a literal may have.
const LARGE: usize = 200 * 1024;

/// Somebody with a vault, a package that was sealed from it, and what `list --json` answers.
struct Owner {
    person: Person,
    listed: String,
}

impl Owner {
    fn new() -> Self {
        Self::with(Person::with_vault("alice"))
    }

    /// The vault stands in `folder`, and the key outside of it.
    fn on(folder: &Path) -> Self {
        let mut person = Person::new("alice");
        let home = folder.join("kovra").to_str().unwrap().to_owned();
        person.env.insert("KOVRA_HOME".into(), home);
        person.ok(&["init", "--key-file", "vault.key"]);
        Self::with(person)
    }

    fn with(person: Person) -> Self {
        let bob = Person::with_vault("bob");
        person.pin(&bob);
        person.add("dev/db/url", MARKER, &[]);
        person.ok(&["seal", "dev/db/url", "--to", "bob", "-o", "p.kovra"]);
        person.write(".env.refs", "A=secret:dev/db/url\n");
        let listed = person.ok(&["list", "--json"]).stdout;
        Self { person, listed }
    }

    /// What needs no room and no right to write goes on.
    #[track_caller]
    fn can_be_read(&self, through: &[&str]) {
        let read = |arguments: &[&str]| {
            let ran = self.person.pipe_through(through, arguments, b"").expect(arguments, 0);
            assert!(
                !ran.stdout.contains(MARKER) && !ran.stderr.contains("damaged"),
                "{}",
                ran.stderr
            );
            ran.stdout
        };
        assert_eq!(read(&["list", "--json"]), self.listed);
        assert!(read(&["verify", "p.kovra"]).contains("sealed by you"));
        read(&["inspect", "p.kovra"]);
        read(&["peer", "list"]);
        read(&["audit"]);
    }

    /// Whatever was tried, nothing came of it, and all goes on.
    #[track_caller]
    fn is_as_before(&self) {
        assert_eq!(self.person.ok(&["list", "--json"]).stdout, self.listed);
        self.person.ok(&["audit", "--verify"]);
        assert_eq!(self.person.ok(&["show", "dev/db/url"]).stdout, MARKER);
        self.person.add("dev/x/afterwards", "x", &[]);
        self.person.ok(&["rm", "dev/x/afterwards"]);
    }
}

/// Fails for a reason of its own, in words, and gives no value.
#[track_caller]
fn fails_in_words(ran: &Ran, words: &[&str]) {
    let told = format!("{}\n{}{}", ran.code, ran.stdout, ran.stderr);
    assert!([1, 125].contains(&ran.code), "{told}");
    assert!(
        !told.contains("damaged") && !told.contains("no vault") && !told.contains("backup"),
        "{told}"
    );
    assert!(words.iter().any(|word| told.contains(word)), "{words:?}\n{told}");
    assert!(!told.contains(MARKER), "{told}");
}

const NO_ROOM: [&str; 5] = ["full", "room", "space", "limit", "too large"];
const NOT_WRITABLE: [&str; 4] = ["written", "ermission", "read-only", "Read-only"];

fn set_large(owner: &Owner, through: &[&str]) -> Ran {
    owner.person.pipe_through(through, &["set", "dev/db/url", "--stdin"], &[b'v'; LARGE])
}

#[test]
fn a_limit_on_file_sizes_is_no_damage() {
    let owner = Owner::new();
    for blocks in [0, 1, 8, 16, 64, 128, 256] {
        // Of 512 bytes. Some programs ignore the signal that says so, and hand that down.
        for trap in ["trap '' XFSZ;", ""] {
            let limit = format!("{trap} ulimit -f {blocks}; exec \"$0\" \"$@\"");
            let through = ["sh", "-c", &limit, kovra_path()];
            fails_in_words(&set_large(&owner, &through), &NO_ROOM);
            let list = owner.person.pipe_through(&through, &["list"], b"");
            assert!(!list.stderr.contains("damaged"), "{blocks}: {}", list.stderr);
            if blocks >= 128 {
                owner.can_be_read(&through);
            }
            let seal = ["seal", "dev/db/url", "--to", "bob", "-o", "q.kovra"];
            let sealed = owner.person.pipe_through(&through, &seal, b"");
            assert_eq!(sealed.code == 0, owner.person.home().join("q.kovra").exists());
            let _ = fs::remove_file(owner.person.home().join("q.kovra"));
            owner.is_as_before();
        }
    }
}

/// The limit ends within a page, so that a part of one may be written.
#[test]
fn a_limit_that_ends_within_a_page_is_no_damage() {
    let owner = Owner::new();
    let value = "v".repeat(3000);
    (0..24).for_each(|n| owner.person.add(&format!("dev/many/k{n}"), &value, &[]));
    for halves in [1, 2, 3, 5, 7, 9, 11, 13, 14] {
        let person = owner.person.twin();
        let mut acknowledged = vec!["dev/db/url".to_owned()];
        for n in 0..6 {
            fold(&person);
            let size = fs::metadata(person.vault()).unwrap().len();
            assert!(size > 100_000 && size.is_multiple_of(4096), "{size}");
            let limit =
                format!("trap '' XFSZ; ulimit -f {}; exec \"$0\" \"$@\"", size / 512 + halves);
            let through = ["sh", "-c", &limit, kovra_path()];
            for k in 0..4 {
                let at = format!("dev/n{n}/k{k}");
                let ran = person.pipe_through(&through, &["add", &at, "--stdin"], value.as_bytes());
                assert!([0, 1].contains(&ran.code), "{halves}: {}", ran.stderr);
                assert!(!ran.stderr.contains("damaged"), "{halves}: {}", ran.stderr);
                acknowledged.extend((ran.code == 0).then_some(at));
                let list = person.pipe_through(&through, &["list"], b"");
                assert!(!list.stderr.contains("damaged"), "{halves}: {}", list.stderr);
            }
            let listed = person.ok(&["list"]).stdout;
            let missing: Vec<_> = acknowledged.iter().filter(|at| !listed.contains(*at)).collect();
            assert!(missing.is_empty(), "{halves}: {missing:?}");
        }
        assert!(acknowledged.len() > 1, "{halves}: nothing was ever added");
        person.ok(&["audit", "--verify"]);
    }
}

/// Root may write everything, but for what it gives up.
fn as_anybody() -> Vec<&'static str> {
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let give_up = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", kovra_path()];
    if root { give_up.to_vec() } else { vec![kovra_path()] }
}

/// Gives a file or folder another mode, and its own again when it is dropped.
struct Mode {
    path: PathBuf,
    before: Permissions,
}

impl Mode {
    fn of(path: impl AsRef<Path>, mode: u32) -> Self {
        let path = path.as_ref().to_owned();
        let before = fs::metadata(&path).unwrap().permissions();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        Self { path, before }
    }
}

impl Drop for Mode {
    fn drop(&mut self) {
        fs::set_permissions(&self.path, self.before.clone()).unwrap();
    }
}

/// What has to leave a row in the trail says that it can't; the rest reads.
#[track_caller]
fn is_read_only(owner: &Owner, through: &[&str]) {
    owner.can_be_read(through);
    let run = ["run", "--", "sh", "-c", "echo started $A"];
    for arguments in [
        &["show", "dev/db/url"][..],
        &run,
        &["add", "dev/x/y", "--stdin"],
        &["set", "dev/db/url", "--stdin"],
        &["rm", "dev/db/url"],
        &["seal", "dev/db/url", "--to", "bob", "-o", "q.kovra"],
        &["peer", "rm", "bob"],
    ] {
        let ran = owner.person.pipe_through(through, arguments, b"value");
        fails_in_words(&ran, &NOT_WRITABLE);
        assert!(ran.stdout.is_empty(), "{arguments:?}: {}", ran.stdout);
    }
    assert!(!owner.person.home().join("q.kovra").exists());
    let left = fs::read_dir(owner.person.home().join("tmp")).unwrap().count();
    assert_eq!(left, 0, "a copy was left");
}

#[test]
fn a_folder_that_cannot_be_written_can_be_read() {
    let owner = Owner::new();
    let folder = owner.person.vault().parent().unwrap().to_owned();
    let through = as_anybody();
    for (folder_mode, file_mode) in [(0o500, 0o600), (0o500, 0o400), (0o700, 0o400)] {
        let files: Vec<Mode> = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| Mode::of(entry.unwrap().path(), file_mode))
            .collect();
        let mode = Mode::of(&folder, folder_mode);
        if folder_mode == 0o500 && file_mode == 0o600 {
            // SQLite can still write its files, if they are all there.
            owner.can_be_read(&through);
        } else {
            is_read_only(&owner, &through);
        }
        drop((mode, files));
        owner.is_as_before();
    }
}

/// What SQLite makes beside a file gets the file's mode, and would outlive it.
#[test]
fn a_file_that_could_not_be_written_can_be_again() {
    let owner = Owner::new();
    fold(&owner.person);
    let (person, through) = (&owner.person, as_anybody());
    let mode = Mode::of(person.vault(), 0o400);
    owner.can_be_read(&through);
    fails_in_words(&person.pipe_through(&through, &["show", "dev/db/url"], b""), &NOT_WRITABLE);
    for end in ["-wal", "-shm"] {
        let left = fs::metadata(beside(person, end)).map(|file| file.permissions().mode());
        assert!(left.as_ref().map_or(true, |mode| mode & 0o200 != 0), "{end}: {left:?}");
    }
    drop(mode);
    let add = ["add", "dev/x/y", "--stdin"];
    person.pipe_through(&through, &add, b"x").expect(&add, 0);
    person.ok(&["rm", "dev/x/y"]);
    owner.is_as_before();
}

/// The latest is in the log alone. A reader that stays keeps it there, until a twin has been made.
fn with_a_log(owner: &Owner) -> Person {
    let reader = rusqlite::Connection::open(owner.person.vault()).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM sealed").unwrap();
    owner.person.add("dev/only/log", "x", &[]);
    let twin = owner.person.twin();
    drop(reader);
    let log = fs::metadata(twin.vault().with_file_name("vault.db-wal")).unwrap();
    assert!(log.len() > 0, "it has a log");
    twin
}

#[test]
fn a_log_beside_a_file_that_cannot_be_written_is_read_too() {
    let person = with_a_log(&Owner::new());
    let log = person.vault().with_file_name("vault.db-wal");
    for with_index in [true, false] {
        if !with_index {
            let _ = fs::remove_file(person.vault().with_file_name("vault.db-shm"));
        }
        let folder = person.vault().parent().unwrap().to_owned();
        let files = [Mode::of(person.vault(), 0o400), Mode::of(&log, 0o400)];
        let folder = Mode::of(folder, 0o500);
        let ran = person.pipe_through(&as_anybody(), &["list"], b"");
        assert!(
            ran.code == 0 && ran.stdout.contains("dev/only/log"),
            "{}{}",
            ran.stdout,
            ran.stderr
        );
        drop((folder, files));
    }
    person.ok(&["rm", "dev/only/log"]);
}

#[test]
fn what_may_not_be_read_is_not_said_to_be_missing() {
    let owner = Owner::new();
    let through = as_anybody();
    let folder = owner.person.vault().parent().unwrap().to_owned();
    for path in [&folder, &owner.person.vault(), &folder.parent().unwrap().to_owned()] {
        let mode = Mode::of(path, 0);
        for arguments in [&["list"][..], &["show", "dev/db/url"], &["audit", "--verify"]] {
            let ran = owner.person.pipe_through(&through, arguments, b"");
            fails_in_words(&ran, &["ermission denied"]);
        }
        let init = ["init", "--key-file", "other.key"];
        let ran = owner.person.pipe_through(&through, &init, b"");
        assert!([1, 21].contains(&ran.code), "{}", ran.stderr);
        assert!(!owner.person.home().join("other.key").exists());
        drop(mode);
        owner.is_as_before();
    }
    let mode = Mode::of(owner.person.home().join("vault.key"), 0);
    let ran = owner.person.pipe_through(&through, &["list"], b"");
    assert!(ran.code == 40 && ran.stderr.contains("ermission denied"), "{}", ran.stderr);
    drop(mode);
    owner.is_as_before();
}

/// A file system of its own, until it is dropped.
struct Mounted(tempfile::TempDir);

impl Mounted {
    fn tmpfs(options: &str) -> Self {
        let mounted = Self(tempfile::tempdir().unwrap());
        let mount = ["-t", "tmpfs", "-o", options, "kovra"];
        assert!(Command::new("mount").args(mount).arg(mounted.path()).status().unwrap().success());
        mounted
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room there is.
    fn fill(&self) -> PathBuf {
        let filler = self.path().join("filler");
        let mut fill = Command::new("dd");
        fill.args(["if=/dev/zero", "bs=512"]).arg(format!("of={}", filler.display()));
        assert!(!fill.stderr(Stdio::null()).status().unwrap().success(), "it was never full");
        filler
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

#[test]
#[ignore = "needs root, to mount a small disk"]
fn a_full_disk_is_no_damage() {
    let disk = Mounted::tmpfs("size=1m,mode=700");
    let owner = Owner::on(disk.path());
    let through = [kovra_path()];
    for _ in 0..3 {
        let filler = disk.fill();
        fails_in_words(&set_large(&owner, &through), &NO_ROOM);
        owner.can_be_read(&through);
        // It fits into what the log has, or it can't be recorded.
        let show = owner.person.run(&["show", "dev/db/url"]);
        if show.code != 0 {
            fails_in_words(&show, &NO_ROOM);
        }
        let out = disk.path().join("q.kovra");
        let seal = ["seal", "dev/db/url", "--to", "bob", "-o", out.to_str().unwrap()];
        assert_eq!(owner.person.run(&seal).code, 1);
        assert!(!out.exists(), "a package that is not whole");
        fs::remove_file(filler).unwrap();
        owner.is_as_before();
    }
}

#[test]
#[ignore = "needs root, to mount a small disk"]
fn a_disk_without_room_for_another_file_is_no_damage() {
    let disk = Mounted::tmpfs("size=1m,nr_inodes=12,mode=700");
    let owner = Owner::on(disk.path());
    let folder = disk.path().join("kovra");
    for end in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.join(format!("vault.db{end}")));
    }
    let owner = Owner { listed: owner.person.ok(&["list", "--json"]).stdout, ..owner };
    let db = rusqlite::Connection::open(folder.join("vault.db")).unwrap();
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(db);
    let fillers: Vec<PathBuf> = (0..20).map(|n| disk.path().join(format!("filler{n}"))).collect();
    let made = fillers.iter().filter(|path| fs::write(path, b"").is_ok()).count();
    assert!(made < 20, "it was never full");
    owner.can_be_read(&[kovra_path()]);
    let ran = owner.person.pipe(&["add", "dev/x/y", "--stdin"], b"v");
    if ran.code != 0 {
        assert!(ran.code == 1 && !ran.stderr.contains("damaged"), "{}", ran.stderr);
    } else {
        owner.person.ok(&["rm", "dev/x/y"]);
    }
    fillers.iter().for_each(|path| drop(fs::remove_file(path)));
    owner.is_as_before();
}

#[test]
#[ignore = "needs root, to mount a small disk"]
fn an_init_on_a_full_disk_stops_no_later_one() {
    let disk = Mounted::tmpfs("size=256k,mode=700");
    let mut person = Person::new("alice");
    let home = disk.path().join("kovra");
    person.env.insert("KOVRA_HOME".into(), home.to_str().unwrap().to_owned());
    let filler = disk.fill();
    for room in [0, 4096, 16384, 32768] {
        let length = fs::metadata(&filler).unwrap().len();
        fs::File::options().write(true).open(&filler).unwrap().set_len(length - room).unwrap();
        let ran = person.run(&["init", "--key-file", "vault.key"]);
        if ran.code == 0 {
            break;
        }
        fails_in_words(&ran, &NO_ROOM);
        assert!(!home.join("vault.db").exists(), "half a vault");
        let _ = fs::remove_file(&filler);
        disk.fill();
    }
    fs::remove_file(filler).unwrap();
    let ran = person.run(&["init", "--key-file", "vault.key"]);
    assert!([0, 21].contains(&ran.code), "{}", ran.stderr);
    person.ok(&["list"]);
}

/// New keys need room for all rows, which is not there; so the keys stay.
#[test]
#[ignore = "needs root, to mount a small disk"]
fn a_disk_that_fills_while_the_keys_change_leaves_them_as_they_were() {
    let disk = Mounted::tmpfs("size=1m,mode=700");
    let owner = Owner::on(disk.path());
    owner.person.set_pin();
    for n in 0..40 {
        owner.person.add(&format!("dev/many/k{n}"), &"x".repeat(2000), &[]);
    }
    let listed = owner.person.ok(&["list", "--json"]).stdout;
    let filler = disk.fill();
    let mut failed = 0;
    for room in [0, 40_000, 90_000] {
        let length = fs::metadata(&filler).unwrap().len();
        fs::File::options().write(true).open(&filler).unwrap().set_len(length - room).unwrap();
        let key = format!("new{room}.key");
        let ended = owner.person.owner(&["rekey", "--new-key-file", &key]);
        if ended.code == 0 {
            break;
        }
        assert!(ended.code == 1 && !ended.screen.contains("damaged"), "{}", ended.screen);
        assert_eq!(owner.person.ok(&["list", "--json"]).stdout, listed);
        failed += 1;
    }
    assert!(failed > 0, "there was always room");
    fs::remove_file(filler).unwrap();
    owner.person.ok(&["audit"]);
    owner.person.owner_ok(&["rekey", "--new-key-file", "last.key"]);
}

#[test]
#[ignore = "needs root, to mount a folder for reading alone"]
fn a_read_only_mount_can_be_read() {
    let owner = Owner::new();
    let folder = owner.person.vault().parent().unwrap().to_str().unwrap().to_owned();
    let mount = format!(
        "mount --bind {folder} {folder} && mount -o remount,bind,ro {folder} && exec \"$0\" \"$@\""
    );
    let through = ["unshare", "-m", "sh", "-c", &mount, kovra_path()];
    is_read_only(&owner, &through);
    owner.is_as_before();
    let person = with_a_log(&owner);
    let mount = mount.replace(&folder, person.vault().parent().unwrap().to_str().unwrap());
    let through = ["unshare", "-m", "sh", "-c", &mount, kovra_path()];
    let listed = person.pipe_through(&through, &["list"], b"");
    assert!(listed.code == 0 && listed.stdout.contains("dev/only/log"), "{}", listed.stderr);
}

/// Every call on the vault's files fails once, at each of its turns.
#[test]
#[ignore = "needs strace"]
fn an_error_of_the_disk_is_no_damage() {
    let owner = Owner::new();
    let errors = [
        // A bad place stays bad, and SQLite alone would call it damage.
        ("pread64", "EIO"),
        ("pwrite64", "EIO"),
        ("pwrite64", "ENOSPC"),
        ("fsync", "EIO"),
        ("fdatasync", "EIO"),
        ("ftruncate", "EIO"),
        ("openat", "EIO"),
        ("openat", "EMFILE"),
        ("openat", "ENOSPC"),
        ("openat", "EACCES"),
        ("fallocate", "ENOSPC"),
        ("flock", "ENOLCK"),
        ("fcntl", "ENOLCK"),
        ("unlink", "EIO"),
    ];
    let mut injected = 0;
    for (call, error) in errors {
        for turn in 1.. {
            let person = owner.person.twin();
            let Some(failed) =
                fails_once(&person, (call, error, turn), &["set", "dev/db/url", "--stdin"])
            else {
                break;
            };
            injected += 1;
            let what =
                format!("{call} with {error}, turn {turn}: {}\n{}", failed.code, failed.stderr);
            assert!([0, 1].contains(&failed.code) && !failed.stderr.contains("damaged"), "{what}");
            let value = person.ok(&["show", "dev/db/url"]).stdout;
            // What failed once it had landed is there, and a yes is never for nothing.
            let known = value == "another" || failed.code != 0 && value == MARKER;
            assert!(known, "{what}: {value}");
            person.ok(&["audit", "--verify"]);
            let person = owner.person.twin();
            if let Some(read) = fails_once(&person, (call, error, turn), &["list"]) {
                let what = format!("list, {call} with {error}, turn {turn}: {}", read.stderr);
                assert!([0, 1].contains(&read.code) && !read.stderr.contains("damaged"), "{what}");
            }
        }
    }
    assert!(injected > 30, "only {injected} calls failed");
}

/// Runs kovra with one call on the vault's files failing. `None` if there is no such turn.
fn fails_once(
    person: &Person,
    (call, error, turn): (&str, &str, u32),
    arguments: &[&str],
) -> Option<Ran> {
    // Calls are counted each by its name, and the bad place is bad for all of them.
    let on = if call == "pread64" { "+ -e inject=read:error=EIO" } else { "" };
    let inject = format!("inject={call}:error={error}:when={turn}{on}");
    let trace = person.home().join("trace");
    let mut through = vec!["strace", "-f", "-o", trace.to_str().unwrap()];
    let files: Vec<String> = ["", "-wal", "-shm", "-journal"]
        .map(|end| format!("{}{end}", person.vault().display()))
        .to_vec();
    files.iter().for_each(|file| through.extend(["-P", file]));
    inject.split(" -e ").for_each(|inject| through.extend(["-e", inject]));
    through.push(kovra_path());
    let ran = person.pipe_through(&through, arguments, b"another");
    fs::read_to_string(&trace).unwrap().contains("(INJECTED)").then_some(ran)
}
