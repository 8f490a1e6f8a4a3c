//! What the end-to-end tests stand on.
//!
//! Tests drive a running stack over HTTP, as Roku, a middleware and an app do: [`Usher`] is the
//! stack with the calls that they make, and holds every answer against the description of the API,
//! [`contract::Contract`]. [`foreign_roku::ForeignRoku`] is a Roku that is not ours,
//! [`identity_provider::IdentityProvider`] signs customers in and [`jwt`] reads tokens,
//! [`gateway::start`] runs the functions a second time, [`lambda::Runtime`] runs their binaries,
//! [`wire::Wire`] loses calls to DynamoDB, [`event_bus::EventBus`] is a bus that is not ours, [`storyteller::Storyteller`] tells the stories of the
//! corpus.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails where this does")]

pub mod contract;
pub mod description;
pub mod event_bus;
pub mod event_contract;
pub mod foreign_roku;
pub mod gateway;
pub mod identity_provider;
pub mod jwt;
pub mod lambda;
pub mod samples;
pub mod story_file;
pub mod storyteller;
mod usher;
pub mod wire;

pub use usher::{Answer, Usher};
