//! Whether a package stays closed to a quantum computer, as every command says it.

use super::ui::{Said, said};
use kovra::ops::post_quantum::Hinders;

pub(super) fn phrase(is_post_quantum: bool) -> &'static str {
    match is_post_quantum {
        true => "safe: post-quantum, sealed to hybrid keys alone",
        false => {
            "not safe: classical, so who keeps a copy opens it once there is a quantum computer"
        }
    }
}

/// Who prevents it, and what they must run.
pub(super) fn hinders(peer: &Hinders) -> Said {
    match &*peer.name {
        "you" => said!("    you have no hybrid key: {}", peer.lacks.remedy()),
        name => said!("    no hybrid key is known of {}: {}", name, peer.lacks.remedy()),
    }
}
