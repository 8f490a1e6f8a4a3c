//! A stand-in for Roku Pay, for anyone who integrates with it.
//!
//! It signs and delivers push notifications as Roku does, answers Roku's web services with its
//! exact JSON, and has a clock that can be moved: buy something, move the clock by a month, and
//! the renewal is charged and pushed. It knows nothing of the receiver; everything in it is written
//! from Roku's documentation.
//!
//! A subscription lives its whole life here, and each of Roku's eighteen types of push is sent
//! when its time has come, with the fields that Roku's samples of that type show:
//!
//! - It is bought, renewed, turned off and on again: [`buy`](Simulator::buy),
//!   [`renew`](Simulator::renew), [`cancel`](Simulator::cancel),
//!   [`resubscribe`](Simulator::resubscribe). `Sale`, `Cancellation`, `Resubscribe`.
//! - Plans of a group replace each other, with or without a trial, and one change before another
//!   has come into force: [`upgrade`](Simulator::upgrade),
//!   [`upgrade_to_trial`](Simulator::upgrade_to_trial), [`downgrade`](Simulator::downgrade).
//!   `UpgradeSale`, `UpgradeCancellation`, `DowngradeSale`, `DowngradeCancellation`.
//! - A payment fails, and grace and hold end in recovery or a passive cancellation:
//!   [`fail_payments`](Simulator::fail_payments), [`mend_payments`](Simulator::mend_payments),
//!   [`grace_days`](Account::grace_days). `GraceInitiated`, `GraceRecovered`, `OnHoldInitiated`,
//!   `OnHoldRecovered`, `Cancellation`.
//! - An offer keeps a customer: [`accept_offer`](Simulator::accept_offer).
//!   `CancellationOfferInitiated`, `CancellationOfferEnded`.
//! - Money goes back: [`refund`](Simulator::refund), [`credit`](Simulator::credit),
//!   [`charge_back`](Simulator::charge_back),
//!   [`reverse_chargeback`](Simulator::reverse_chargeback),
//!   [`second_chargeback`](Simulator::second_chargeback). `Refund`, `Credit`, `Chargeback`,
//!   `ChargebackReversed`, `SecondChargeback`.
//!
//! What moved in all, a receiver can compare its own figures with: [`payments`](Simulator::payments).
//!
//! The web services are those under `/listen/transaction-service.svc`: validate-transaction,
//! validate-refund, cancel-subscription, refund-subscription, issue-service-credit. They accept the
//! account's API key and the one before it ([`rotate_api_key`](Simulator::rotate_api_key),
//! [`expire_api_key`](Simulator::expire_api_key)), answer 20 requests a second
//! ([`requests_per_second`](Account::requests_per_second)), and count what they are asked
//! ([`requests`](Simulator::requests)). The public keys are at `/keys/partner-jwks.json`.
//!
//! It has bad days too, one fault at a time on either way:
//!
//! - The web services are slow, down, gone, refuse, or answer what nobody can read:
//!   [`break_web_services`](Simulator::break_web_services), [`WebServiceFault`].
//! - Pushes are lost, late, out of order or doubled:
//!   [`break_pushes`](Simulator::break_pushes), [`PushFault`].
//! - A receiver that does not acknowledge is tried again, and given up after a hundred pushes:
//!   [`push_url`](Simulator::push_url), [`allow_push_url`](Simulator::allow_push_url). What it
//!   missed comes by a [`replay`](Simulator::replay).
//! - The signing key is replaced, and receivers are told to forget the old one:
//!   [`rotate_signing_key`](Simulator::rotate_signing_key),
//!   [`invalidate_public_keys`](Simulator::invalidate_public_keys).
//!
//! Time is the real one moved ahead, or stands still where a test wants it
//! ([`Simulator::stopped_at`]). A simulation can end and go on later, in another process, with the
//! same purchases, keys and time: [`save`](Simulator::save), [`restore`](Simulator::restore), and
//! [`changes`](Simulator::changes), which says when there is something to save. What Roku never says can be said all the same:
//! [`Simulator::script_answer`], [`Simulator::sign`]. All of it can also be done over HTTP.
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
mod faults;
mod id;
mod ledger;
mod message;
mod product;
mod signing;
mod simulator;
mod web_service;

pub use clock::Clock;
pub use delivery::Delivery;
pub use faults::{PushFault, WebServiceFault};
pub use ledger::{Order, Payment, PaymentKind, Refund, Refused};
pub use product::{Period, Product};
pub use signing::{Claims, SigningKey};
pub use simulator::{Account, MessageKeys, OldKey, PushUrl, Requests, Simulator, State};
