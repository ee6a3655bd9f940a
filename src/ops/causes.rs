//! One cause of many faults is said once.

/// `faults` by their causes, in the order in which each cause comes first.
pub fn by_cause<T, C: PartialEq>(faults: impl IntoIterator<Item = (T, C)>) -> Vec<(C, Vec<T>)> {
    let mut causes: Vec<(C, Vec<T>)> = Vec::new();
    for (what, cause) in faults {
        match causes.iter_mut().find(|(other, _)| *other == cause) {
            Some((_, all)) => all.push(what),
            None => causes.push((cause, vec![what])),
        }
    }
    causes
}

/// Names, as many as can be read.
pub fn some(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len() {
        0..=SHOWN => shown,
        all => format!("{shown} and {} more", all - SHOWN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn causes_stand_in_the_order_of_their_first() {
        let found = by_cause([("a", 2), ("b", 1), ("c", 2)]);
        assert_eq!(found, [(2, vec!["a", "c"]), (1, vec!["b"])]);
        assert!(by_cause::<(), ()>([]).is_empty());
    }

    #[test]
    fn many_names_are_counted() {
        let names: Vec<String> = (0..200).map(|n| n.to_string()).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(some(&names[..4]), "0, 1, 2, 3");
        assert_eq!(some(&names), "0, 1, 2, 3 and 196 more");
    }
}
