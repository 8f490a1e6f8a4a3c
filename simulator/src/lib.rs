//! A stand-in for Roku Pay, for anyone who integrates with it.
//!
//! It signs and delivers push notifications as Roku does, answers validate-transaction with Roku's
//! exact JSON, and has a clock that can be moved: buy something, move the clock by a month, and
//! the renewal is charged and pushed. It knows nothing of the receiver; everything in it is written
//! from Roku's documentation.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use roku_simulator::{Account, Simulator};
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let simulator = Simulator::new(Account::default());
//! simulator.set_push_url("http://127.0.0.1:8080/roku/push");
//! tokio::spawn(simulator.clone().serve(listener));
//! # Ok(())
//! # }
//! ```

mod clock;
mod control;
mod delivery;
mod ledger;
mod message;
mod product;
mod signing;
mod simulator;
mod web_service;

pub use clock::Clock;
pub use delivery::Delivery;
pub use ledger::{Order, Refused};
pub use product::{Period, Product};
pub use signing::{Claims, SigningKey};
pub use simulator::{Account, Simulator};
