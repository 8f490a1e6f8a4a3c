//! Usher: what people buy through Roku Pay becomes access to what they paid for.
//!
//! [`domain`] is pure: values in, values out. It knows nothing of AWS, HTTP, the clock or chance.
//! The other modules are adapters; they know the domain, never the reverse:
//!
//! - [`roku`]: signed pushes, Roku's public keys, Roku's web service. [`roku::billing`] orders there,
//!   for programs of a publisher's own: no function is given one
//! - [`store`]: the one DynamoDB table
//! - [`secrets`]: the API keys, the token seed and what webhooks are signed with, in Secrets Manager
//! - [`queue`]: the questions to Roku and the webhooks that are on their way, in SQS
//! - [`event_bus`]: what happened, on its way out, in EventBridge
//! - [`verification`]: all of these together: Roku is asked, and what it says is folded in
//! - [`webhooks`]: what a publisher is told, signed and sent
//! - [`customer_token`], [`credentials`]: the tokens that customers carry, and what requests come with
//! - [`engagement`]: how often customers are let in, counted at no cost to a check
//! - [`clock`], [`config`], [`http`], [`metrics`], [`respond`]: what every function needs around its
//!   handler

mod cache;
pub mod clock;
pub mod config;
pub mod credentials;
pub mod customer_token;
mod digest;
pub mod domain;
pub mod engagement;
pub mod event_bus;
pub mod http;
pub mod metrics;
mod published_keys;
pub mod queue;
pub mod respond;
pub mod roku;
pub mod sdk_error;
pub mod secrets;
pub mod store;
pub mod verification;
pub mod webhooks;
