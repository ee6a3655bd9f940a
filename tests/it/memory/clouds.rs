//! The same of what pointers lead to, under stand-ins for the clouds.

use super::process::{mute, needle};
use super::{keys, needles};
use forge::clouds::Standin;
use forge::people::Person;

const VALUE: &str = "marker-of-a-value-in-a-cloud";

#[test]
#[ignore = "needs root, to read another's memory"]
fn of_what_a_pointer_leads_to_nothing_is_left() {
    let clouds = Standin::builder()
        .azure("team-kv", "key", VALUE)
        .aws("eu-west-1", "team/key", VALUE)
        .start();
    let mut person = Person::with_pin("carol");
    person.env.extend(clouds.env());
    for (name, pointer) in [("azure", "azure-kv://team-kv/key"), ("aws", "aws-sm://team/key")] {
        person.ok(&["add", &format!("dev/a/{name}"), "--reference", pointer]);
    }
    let all = [needles(&person), vec![needle(VALUE, VALUE)], keys::of_key_file(&person)].concat();
    for command in [
        "materialize --check",
        "materialize",
        "import azure-kv://team-kv/key --as dev/n/azure",
        "import aws-sm://team/key --as dev/n/aws",
        "materialize --capture",
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        let found = mute(&person, &arguments, b"").found(&all);
        assert!(found.is_empty(), "kovra {command}: found {found:?}");
    }
}
