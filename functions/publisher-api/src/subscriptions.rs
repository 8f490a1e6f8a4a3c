//! `GET /3.1/subscriptions`: the subscriptions of a customer, of a transaction, or of everybody.
//!
//! What a customer or a transaction has is small and known as a whole. Everybody's are walked
//! through account by account, as far as one request may go; a cursor says where the next one goes
//! on.
//!
//! Cleeng answers `success`, `data` and `message`. Ours are two more: `totalItemCount`, which is
//! null where counting would mean to read everything, and `nextCursor`, null where nothing is left.
//!
//! A subscription has a customer: what was bought on a Roku account that nobody has shown a receipt
//! of is not listed.

mod filter;
mod of_transaction;
mod place;
mod resource;
mod walk;

use filter::Filter;
use lambda_http::http::StatusCode;
use lambda_http::{Body, Request, Response};
use of_transaction::Named;
use place::Place;
use resource::resource;
use serde_json::{Value, json};
use usher::domain::publisher::Publisher;
use usher::domain::subscription::subscriptions;
use usher::respond::{Failure, json};
use walk::Walked;

pub(crate) use walk::MAX_PAGES;

use crate::PublisherApi;
use crate::parameters::Parameters;
use crate::refusal::bad_query;
use crate::window::Window;

/// The most at once (`cleeng-api.md` §3.8).
const MAX_LIMIT: u32 = 100;
/// Who wants more than that to be left out has it read again with every page: a cursor has not.
const MAX_OFFSET: u32 = 10_000;

impl PublisherApi {
    /// Lists subscriptions.
    pub(crate) async fn list_subscriptions(
        &self,
        publisher: &Publisher,
        request: &Request,
    ) -> Result<Response<Body>, Failure> {
        let parameters = Parameters::of(request);
        if !parameters.all("customerEmail").is_empty() {
            // Passed over, it would list everybody's.
            return Err(bad_query("customerEmail", "is not known here; send customerId"));
        }
        let filter = Filter::of(&parameters)?;
        let window = Window::of_at_most(MAX_LIMIT, &parameters)?;
        if let Some(named) = Named::of(&parameters)? {
            let found = self.of_transaction(publisher, &named, &filter).await?;
            return Ok(whole(&found, window));
        }
        if let Some(customer) = &filter.customer {
            let accounts = self.accounts_of(&publisher.id, customer).await?;
            let held = subscriptions(&accounts, publisher, self.clock.now());
            let found = held.iter().filter(|one| filter.admits(one));
            let found: Vec<Value> =
                found.map(|one| resource(one, &publisher.id, customer)).collect();
            return Ok(whole(&found, window));
        }
        let from = starting_place(&parameters, window)?;
        self.walk(publisher, &filter, from, window.limit).await.map(|walked| part(&walked))
    }
}

fn starting_place(parameters: &Parameters, window: Window) -> Result<Place, Failure> {
    match parameters.read("cursor", Place::parse)? {
        Some(_) if window.offset > 0 => {
            Err(bad_query("offset", "has no meaning with a cursor; leave it out"))
        }
        Some(place) => Ok(place),
        None if window.offset > MAX_OFFSET => {
            let problem = "or less; to go on, send the nextCursor of a page as cursor";
            Err(bad_query("offset", format!("must be {MAX_OFFSET} {problem}")))
        }
        None => Ok(Place::after_leaving_out(window.offset)),
    }
}

/// The answer from a list that is known as a whole.
fn whole(found: &[Value], window: Window) -> Response<Body> {
    let data: Vec<&Value> = window.cut(found.iter()).collect();
    answer(&json!(data), "OK", Some(found.len()), None)
}

/// The answer from everybody's.
fn part(walked: &Walked) -> Response<Body> {
    let message = if walked.is_cut_short {
        "Not everything was looked through; go on with nextCursor"
    } else {
        "OK"
    };
    answer(&json!(walked.found), message, None, walked.next.as_ref())
}

fn answer(
    data: &Value,
    message: &str,
    total: Option<usize>,
    next: Option<&Place>,
) -> Response<Body> {
    let body = json!({
        "success": true,
        "message": message,
        "data": data,
        "totalItemCount": total,
        "nextCursor": next.map(ToString::to_string),
    });
    json(StatusCode::OK, &body)
}
