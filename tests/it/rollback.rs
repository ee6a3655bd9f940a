//! Packages that were withheld: one that is older than what came for a coordinate is never taken later,
//! whatever became of the entry meanwhile, and in whichever project.

use forge::people::Person;

const YES: &str = "[y/N]";

/// Alice, whose two packages hold an older and a newer value, and Bob, who has imported the newer.
struct Withheld {
    alice: Person,
    bob: Person,
}

impl Withheld {
    /// What alice's `dev/a/b` is at first, and then.
    fn new(older: &[&str], newer: &[&str]) -> Self {
        let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
        alice.pin(&bob);
        bob.pin(&alice);
        let this = Self { alice, bob };
        for (file, content) in [("older.kovra", older), ("newer.kovra", newer)] {
            let _ = this.alice.run(&["rm", "dev/a/b"]);
            match content {
                [value] => this.alice.add("dev/a/b", value, &[]),
                reference => drop(this.alice.ok(&[&["add", "dev/a/b"], reference].concat())),
            }
            this.alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", file]);
            this.alice.hand(&this.bob, file);
        }
        this.bob.ok(&["import", "newer.kovra"]);
        this
    }

    fn values() -> Self {
        Self::new(&["older"], &["newer"])
    }

    /// Nothing takes the older one, and nothing is changed by the attempt.
    #[track_caller]
    fn stays_out(&self, what: &str) {
        let listed = self.bob.ok(&["list", "--json"]).stdout;
        for more in [&[][..], &["--overwrite"], &["--project", "shop"], &["--skip-high"]] {
            let arguments = [&["import", "older.kovra"], more].concat();
            let ran = self.bob.run(&arguments);
            assert_eq!(ran.code, 19, "{what}: {arguments:?}\n{}{}", ran.stdout, ran.stderr);
        }
        assert_eq!(self.bob.ok(&["list", "--json"]).stdout, listed, "{what}");
    }

    /// At a terminal it is the owner's to take it, and a no is a no.
    #[track_caller]
    fn can_be_declined(&self, what: &str) {
        let listed = self.bob.ok(&["list", "--json"]).stdout;
        let seat = self.bob.sit(forge::people::kovra_path(), &["import", "older.kovra"]);
        let session = seat.answer_always(YES, "n");
        assert!([19, 20].contains(&session.code), "{what}: {}", session.screen);
        assert_eq!(self.bob.ok(&["list", "--json"]).stdout, listed, "{what}");
    }
}

#[test]
fn an_older_package_is_refused_while_the_newer_is_there() {
    let withheld = Withheld::values();
    withheld.stays_out("as it came");
    withheld.can_be_declined("as it came");
}

#[test]
fn an_older_package_is_refused_whatever_the_owner_did() {
    let ways: [&[&[&str]]; 6] = [
        &[&["rm", "dev/a/b"]],
        &[&["generate", "dev/a/b", "--replace"]],
        &[&["rm", "dev/a/b"], &["add", "dev/a/b", "--reference", "aws-sm://mine"]],
        &[&["set", "dev/a/b", "--reference", "aws-sm://mine"]],
        &[&["generate", "dev/a/b", "--replace"], &["restore", "dev/a/b", "1"]],
        &[&["edit", "dev/a/b", "--sensitivity", "inject-only"]],
    ];
    for way in ways {
        let withheld = Withheld::values();
        for command in way {
            withheld.bob.ok(command);
        }
        let what = format!("{way:?}");
        withheld.stays_out(&what);
        withheld.can_be_declined(&what);
    }
    let withheld = Withheld::values();
    withheld.bob.set("dev/a/b", "my own");
    withheld.stays_out("set");
}

#[test]
fn an_older_package_is_refused_after_all_history_is_gone() {
    let withheld = Withheld::values();
    withheld.bob.ok(&["rm", "dev/a/b"]);
    let session = withheld.bob.at_terminal(&["prune", "dev/a/b"], &[(YES, "y")]);
    assert_eq!(session.code, 0, "{}", session.screen);
    withheld.stays_out("rm and prune");
}

#[test]
fn an_older_package_is_refused_after_another_sender_wrote_over_it() {
    let withheld = Withheld::values();
    let carol = Person::with_vault("carol");
    carol.pin(&withheld.bob);
    withheld.bob.pin(&carol);
    carol.add("dev/a/b", "carol's", &[]);
    carol.ok(&["seal", "dev/a/b", "--to", "bob", "-o", "carol.kovra"]);
    carol.hand(&withheld.bob, "carol.kovra");
    let seat =
        withheld.bob.sit(forge::people::kovra_path(), &["import", "carol.kovra", "--overwrite"]);
    let session = seat.answer_always(YES, "y");
    assert_eq!(session.code, 0, "{}", session.screen);
    withheld.stays_out("another sender's");
}

/// What the receiver did with the first part of a package does not make the package an older one.
#[test]
fn a_package_is_completed_after_its_first_part_was_changed() {
    let ways: [&[&str]; 3] = [
        &["set", "dev/a/b", "--reference", "aws-sm://mine"],
        &["rm", "dev/a/b"],
        &["generate", "dev/a/b", "--replace"],
    ];
    for way in [None].into_iter().chain(ways.into_iter().map(Some)) {
        let Withheld { alice, bob } = Withheld::values();
        alice.set("dev/a/b", "latest");
        alice.add("dev/a/high", "secret", &["--sensitivity", "high"]);
        let to = ["--to", "bob", "-o", "both.kovra", "--token-out", "both.token"];
        let seal = [&["seal", "dev/a/b", "dev/a/high"][..], &to].concat();
        let session = alice.at_terminal(&seal, &[(YES, "y")]);
        assert_eq!(session.code, 0, "{}", session.screen);
        for file in ["both.kovra", "both.token"] {
            alice.hand(&bob, file);
        }
        bob.ok(&["import", "both.kovra", "--skip-high", "--overwrite"]);
        match way {
            None => bob.set("dev/a/b", "my own"),
            Some(way) => drop(bob.ok(way)),
        }
        let import = ["import", "both.kovra", "--token", "both.token", "--overwrite"];
        if way.is_some_and(|way| way[0] == "set") {
            // A pointer becomes a value again: that is asked about, and nothing else.
            let session = bob.at_terminal(&import, &[(YES, "y")]);
            assert_eq!(session.code, 0, "{way:?}: {}", session.screen);
        } else {
            bob.ok(&import);
        }
        assert_eq!(bob.ok(&["show", "dev/a/b"]).stdout, "latest", "{way:?}");
        assert!(bob.ok(&["list"]).stdout.contains("dev/a/high"), "{way:?}");
        bob.fails(&import, 19);
        Withheld { alice, bob }.stays_out("completed");
    }
}

/// The newer went into a project, and the older comes for all.
#[test]
fn an_older_package_is_refused_in_every_other_project() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    let withheld = Withheld { alice, bob };
    for file in ["older.kovra", "newer.kovra"] {
        let _ = withheld.alice.run(&["rm", "dev/a/b"]);
        withheld.alice.add("dev/a/b", file, &[]);
        withheld.alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", file]);
        withheld.alice.hand(&withheld.bob, file);
    }
    withheld.bob.ok(&["import", "newer.kovra", "--project", "other"]);
    withheld.stays_out("in a project");
}

/// A later one goes on, so that nobody is locked out.
#[test]
fn a_later_package_is_taken_whatever_the_owner_did() {
    let withheld = Withheld::values();
    withheld.bob.ok(&["rm", "dev/a/b"]);
    withheld.alice.set("dev/a/b", "latest");
    withheld.alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", "latest.kovra"]);
    let from = withheld.alice.home().join("latest.kovra");
    std::fs::copy(from, withheld.bob.home().join("latest.kovra")).unwrap();
    withheld.bob.ok(&["import", "latest.kovra"]);
    assert_eq!(withheld.bob.ok(&["show", "dev/a/b"]).stdout, "latest");
    withheld.stays_out("a later one came");
}

#[cfg(all(feature = "aws", feature = "azure"))]
#[test]
fn an_older_pointer_is_refused_after_the_newer_was_captured() {
    let clouds = forge::clouds::Standin::builder()
        .azure("team-kv", "newer", "a value")
        .azure("team-kv", "older", "another")
        .start();
    let mut withheld = Withheld::new(
        &["--reference", "azure-kv://team-kv/older"],
        &["--reference", "azure-kv://team-kv/newer"],
    );
    withheld.bob.env.extend(clouds.env());
    withheld.bob.owner_ok(&["materialize", "dev/a/b"]);
    withheld.stays_out("materialized");
    withheld.bob.ok(&["materialize", "--capture", "dev/a/b"]);
    withheld.stays_out("captured");
    assert_eq!(withheld.bob.ok(&["show", "dev/a/b"]).stdout, "a value");
}
