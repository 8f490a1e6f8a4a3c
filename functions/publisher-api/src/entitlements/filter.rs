//! Which entitlements are asked for: `status` and `offerType`.

use usher::domain::subscription::Subscription;
use usher::respond::Failure;

use crate::parameters::Parameters;

/// Which entitlements are asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filter {
    status: Wanted,
    kinds: String,
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    /// What gives access. Asked for by saying nothing: who takes each entry of the answer for a
    /// right to watch must not be wrong.
    Open,
    All,
    Only(&'static str),
}

impl Filter {
    /// Reads `status` and `offerType`.
    pub(crate) fn of(parameters: &Parameters) -> Result<Self, Failure> {
        let status = parameters.read("status", status)?.unwrap_or(Wanted::Open);
        let kinds = parameters.read("offerType", kinds)?;
        Ok(Self { status, kinds: kinds.unwrap_or_else(|| "SP".to_owned()) })
    }

    /// Whether a purchase is asked for.
    pub(crate) fn admits(&self, one: &Subscription<'_>) -> bool {
        let is_wanted = match self.status {
            Wanted::Open => one.status.is_open(),
            Wanted::All => true,
            Wanted::Only(status) => one.status.of_entitlement() == status,
        };
        is_wanted && self.kinds.contains(one.offer.id.kind())
    }
}

fn status(text: &str) -> Result<Wanted, &'static str> {
    match text {
        "all" => Ok(Wanted::All),
        "active" => Ok(Wanted::Only("active")),
        "cancelled" => Ok(Wanted::Only("cancelled")),
        "terminated" => Ok(Wanted::Only("terminated")),
        _ => Err("must be active, cancelled, terminated or all"),
    }
}

/// Letters of kinds, in any order. All four of them are everything, live events too.
fn kinds(text: &str) -> Result<String, &'static str> {
    if !text.chars().all(|kind| "SPAR".contains(kind)) {
        return Err("must be S, P, A, R or several of them, as in SP or SPAR");
    }
    let is_everything = "SPAR".chars().all(|kind| text.contains(kind));
    Ok(if is_everything { "SPEAR".to_owned() } else { text.to_owned() })
}
