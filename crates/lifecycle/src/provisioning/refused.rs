//! Why a client is left alone, in words.

use std::collections::BTreeSet;

use hallpass_core::{ClientSeen, Fault, FaultCode, LastUsed};

use super::wanted::Wanted;

/// It was not made by hallpass, and nobody said that it is meant.
pub(super) fn foreign(wanted: &Wanted, name: &str, clients: &[&ClientSeen]) -> Fault {
    let ids: Vec<_> = clients.iter().map(|client| format!("`{}`", client.id)).collect();
    let kind = wanted.nature.kind;
    let detail = match clients {
        [_] => format!(
            "{kind} {} is called `{name}` or stored for it, and was not made by hallpass",
            ids.join("")
        ),
        _ => format!(
            "{} of them are called `{name}`, and none was made by hallpass: {}",
            clients.len(),
            ids.join(", ")
        ),
    };
    let hint = match clients {
        [_] if wanted.nature.can_be_marked => {
            "if it is meant for this integration alone, take it over with `--adopt`; otherwise give this one another `provision.name`"
        }
        [_] => "if it is meant for this integration alone, take it over with `--adopt`",
        _ => "rename or remove all but one of them; hallpass cannot know which is meant",
    };
    Fault::new(FaultCode::ProvisionRefused, detail).with_hint(hint)
}

/// What is stored is the secret of somebody else's client.
pub(super) fn of_another(client: &ClientSeen, other: &str) -> Fault {
    let detail = format!("what is stored is the secret of `{}`, which belongs to `{other}`", client.id);
    Fault::new(FaultCode::ProvisionRefused, detail).with_hint(
        "give this integration a reference of its own in `secret`: one client serves one integration",
    )
}

/// It was used lately, or may have been.
pub(super) fn in_use(wanted: &Wanted, client: &ClientSeen, what: &str) -> Fault {
    let kind = wanted.nature.kind;
    let detail = match client.last_used {
        LastUsed::Unknown => {
            format!("nobody knows when {kind} `{}` was last used, so it is not {what}", client.id)
        }
        _ => format!("{kind} `{}` was used within the last two days, so it is not {what}", client.id),
    };
    Fault::new(FaultCode::ProvisionRefused, detail)
        .with_hint("find out who uses it; if that may fail from now on, say `--even-if-used`")
}

/// The organisation has no such permissions: a spelling, or a product that it does not have.
pub(super) fn lacked_by_all(lacking: &BTreeSet<String>) -> Fault {
    let names: Vec<_> = lacking.iter().map(|permission| format!("`{permission}`")).collect();
    let detail = match names.as_slice() {
        [one] => format!("the organisation has no permission {one}"),
        several => format!("the organisation has no permissions {}", several.join(", ")),
    };
    Fault::new(FaultCode::ProvisionRefused, detail)
        .with_hint("correct `provision.permissions`; where the name is right, the organisation lacks the product that it belongs to")
}
