//! What `.env.refs` accepts has good names only, no secret's fallback in production, and says the
//! same when it is written out again.

#![no_main]

use kovra::env_name;
use kovra::refs::{Assigned, Refs, Variable};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for env in [None, Some("dev"), Some("prod")] {
        let Ok(refs) = Refs::parse(text, env) else { continue };
        for Variable { name, from, .. } in &refs.variables {
            assert!(env_name::is_valid(name) && !env_name::refused(name), "{name}");
            if let Assigned::Secret { uri, fallback: Some(_) } = from {
                assert!(!uri.coordinate.is_prod());
            }
        }
        let again = Refs::parse(&written(&refs), None).expect("what was written");
        assert_eq!(again.project, refs.project);
        let of = |refs: &Refs| -> Vec<_> {
            refs.variables.iter().map(|v| (v.name.clone(), v.from.clone())).collect()
        };
        assert_eq!(of(&again), of(&refs));
    }
});

fn written(refs: &Refs) -> String {
    let mut text = String::new();
    if let Some(project) = &refs.project {
        text += &format!("project = {project}\n");
    }
    let or = |fallback: &Option<String>| {
        fallback.as_ref().map(|text| format!(" | {text}")).unwrap_or_default()
    };
    for Variable { name, from, .. } in &refs.variables {
        let value = match from {
            Assigned::Literal(text) => text.clone(),
            Assigned::Env { name, fallback } => format!("${{env:{name}{}}}", or(fallback)),
            Assigned::Secret { uri, fallback } => {
                let scope = if uri.global { "//global/" } else { "" };
                format!("secret:{scope}{}{}", uri.coordinate, or(fallback))
            }
        };
        text += &format!("{name}={value}\n");
    }
    text
}
