//! `usher webhook pause`.

use usher::domain::webhook::{PauseReason, State};

use super::place::EndpointArguments;
use crate::commands::{Failure, print};

pub(super) async fn pause(endpoint: EndpointArguments) -> Result<(), Failure> {
    let (place, endpoint) = endpoint.open().await?;
    let state = State::Paused { at: place.config.clock.now(), reason: PauseReason::ByOperator };
    let paused = place.endpoints().set_state(&place.publisher, &endpoint.id, state).await;
    let paused = paused.map_err(|error| error.in_short())?;
    let paused = paused.ok_or("the endpoint has just been removed")?;
    if place.json {
        return print(&format!("{:#}", place.endpoint_in_json(&paused)));
    }
    let id = &paused.id;
    print(&format!("{id} is paused; what happens is held for it: usher webhook resume {id}"))
}
