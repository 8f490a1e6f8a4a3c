//! The operator's tool, and the stack that it runs on one machine.
//!
//! [`stack::Stack`] is everything in one process: an embedded DynamoDB, an SQS, a Secrets Manager, an
//! EventBridge, the Roku simulator, and a gateway, a schedule and readers of queues and stream that
//! run the very handlers that Lambda runs. The tests drive it too.

pub mod background;
pub mod catalog_file;
pub mod commands;
pub mod event_bridge;
pub mod find_customer;
pub mod gateway;
pub mod kept;
pub mod replay;
pub mod report;
pub mod sqs;
pub mod stack;
pub mod story;
pub mod table_stream;
pub mod template;

mod archive;
mod catalog_diff;
mod demo;
mod dynamodb;
mod event_pattern;
mod field_change;
mod import;
mod leases;
mod listening;
mod progress;
mod secrets_manager;
mod simulated_roku;
mod stream_record;
mod tail;
