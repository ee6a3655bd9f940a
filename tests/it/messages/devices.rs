//! Two devices that say they are one person's, and what their peers see of it.

use super::book::Book;
use forge::people::Person;
use kovra::identity::DeviceStatement;

pub(super) fn devices(book: &mut Book) {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_pin("bob"));
    let (desktop, mallory) = (Person::with_pin("desktop"), Person::with_vault("mallory"));
    [&alice, &bob, &desktop, &mallory].iter().for_each(|person| book.knows(person));
    let [half, whole] = statement(&bob, &desktop);
    book.name(&whole, "<bob's statement>");
    book.name(&half, "<bob's half of a statement>");
    book.section("Two devices of one person");
    let id = desktop.id();
    book.run(&bob, &format!("kovra id add-device {id}"));
    book.no(&bob, &format!("kovra id add-device {id}"));
    book.yes(&bob, &format!("kovra id add-device {id}"));
    book.run(&bob, &format!("kovra id add-device {}", bob.id()));
    book.run(&bob, "kovra id add-device hello");
    book.run(&mallory, &format!("kovra id add-device {half}"));
    book.no(&desktop, &format!("kovra id add-device {half}"));
    book.yes(&desktop, &format!("kovra id add-device {half}"));
    book.section("Their peer");
    let add = |name: &str, more: &str| format!("kovra peer add {name} {id}{more}");
    book.run(&alice, &add("bob/desktop", ""));
    alice.ok(&["peer", "add", "bob", &bob.id(), "--unconfirmed"]);
    book.run(&alice, &add("bob/desktop", ""));
    alice.owner_ok(&["peer", "confirm", "bob"]);
    for (name, more) in [
        ("bob/desktop", ""),
        ("bob/desktop", " --unconfirmed"),
        ("desktop", &*format!(" --statement {whole}")),
        ("bob/desktop", &*format!(" --statement {half}")),
        ("bob/desktop", " --statement kovradev1hello"),
        ("bob/a/b", ""),
    ] {
        book.run(&alice, &add(name, more));
    }
    let mallorys = mallory.id();
    book.run(&alice, &format!("kovra peer add bob/phone {mallorys} --statement {whole}"));
    book.no(&alice, &add("bob/desktop", ""));
    book.no(&alice, &add("bob/desktop", &format!(" --statement {whole}")));
    book.yes(&alice, &add("bob/desktop", &format!(" --statement {whole}")));
    book.run(&alice, "kovra peer list");
    alice.add("dev/db/url", "v", &[]);
    book.run(&alice, "kovra seal dev/db/url --to bob -o p.kovra");
    book.run(&alice, "kovra shared --peer bob");
    book.run(&alice, "kovra peer rename bob/desktop tower");
    book.no(&alice, "kovra peer rename bob robert");
    book.run(&alice, "kovra peer rm bob");
}

/// Its half and the whole, as the devices make them.
fn statement(first: &Person, second: &Person) -> [String; 2] {
    let signing = |person: &Person| person.unlocked().view().identity().unwrap().signing;
    let half = DeviceStatement::claim(&signing(first), signing(second).public()).unwrap();
    let whole = half.clone().agree(&signing(second)).unwrap();
    [half, whole].map(|statement| statement.to_string())
}
