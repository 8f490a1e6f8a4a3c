//! `GET /customers/{customerId}/transactions`: what Roku charged, newest first (`cleeng-api.md`
//! §3.7, §10.5).
//!
//! Amounts are texts with four decimals here, as at Cleeng. Where Roku did not tell one, it is
//! null.

use std::cmp::Reverse;
use std::str::FromStr;

use lambda_http::Request;
use lambda_http::aws_lambda_events::query_map::QueryMap;
use lambda_http::http::StatusCode;
use rust_decimal::Decimal;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use usher::domain::customer::Customer;
use usher::domain::id::RokuProductId;
use usher::domain::offer::{Offer, Period};
use usher::domain::publisher::Publisher;
use usher::domain::subscription::SubscriptionId;
use usher::domain::transaction::{Transaction, transactions};
use usher::respond::Failure;
use usher::store::histories::History;

use crate::MediaStore;
use crate::wire::{ROKU, kind};

/// How many are listed where a request does not say, and at most: there are clients that take what
/// comes without a limit for everything.
const MOST: usize = 100;

impl MediaStore {
    /// `?limit=&offset=` → `{items, totalItemCount}`.
    pub(crate) async fn transactions(&self, request: &Request) -> Result<Value, Failure> {
        let bearer = self.bearer(request).await?;
        let limit = number_in_query(request, "limit")?.unwrap_or(MOST).min(MOST);
        let offset = number_in_query(request, "offset")?.unwrap_or(0);
        let (publisher, customer, histories) =
            tokio::try_join!(self.publisher(&bearer.publisher_id), self.person(&bearer), async {
                let found =
                    self.histories.of_customer(&bearer.publisher_id, &bearer.customer_id).await;
                found.map_err(Failure::from)
            })?;
        let mut charges: Vec<Charge<'_>> =
            histories.iter().flat_map(|history| charges(history, &publisher)).collect();
        charges.sort_by_key(|charge| Reverse(charge.transaction.at));
        let shown = charges.iter().skip(offset).take(limit);
        let items: Vec<_> = shown.map(|charge| described(charge, &publisher, &customer)).collect();
        Ok(json!({ "items": items, "totalItemCount": charges.len() }))
    }
}

/// A charge and what it was for.
struct Charge<'a> {
    transaction: Transaction,
    product: Option<RokuProductId>,
    offer: Option<&'a Offer>,
}

fn charges<'a>(history: &History, publisher: &'a Publisher) -> Vec<Charge<'a>> {
    let account = &history.account;
    let made = transactions(&history.facts).into_iter().map(|transaction| {
        // Roku does not name the product of a charge that was recovered.
        let bought = account.purchases.get(&transaction.purchase);
        let product = transaction.product.clone().or_else(|| bought?.product.clone());
        let offer = product.as_ref().and_then(|product| publisher.catalog.offer_of(product));
        Charge { transaction, product, offer }
    });
    made.collect()
}

fn described(charge: &Charge<'_>, publisher: &Publisher, customer: &Customer) -> Value {
    let Charge { transaction, product, offer } = charge;
    let profile = &customer.profile;
    // What no offer stands for was paid all the same; it has Roku's name then.
    let title = offer.map(|offer| offer.title.as_str());
    let title = title.or(product.as_ref().map(RokuProductId::as_str)).unwrap_or_default();
    json!({
        "transactionId": transaction.id.to_string(),
        "transactionDate": transaction.at.as_second(),
        "offerId": offer.map(|offer| offer.id.as_str()).unwrap_or_default(),
        "offerType": offer.map(|offer| kind(&offer.id)),
        "offerTitle": title,
        "offerPeriod": offer.and_then(|offer| offer.period).map(period),
        "transactionPriceExclTax": amount(transaction.net()),
        "transactionPriceInclTax": amount(transaction.total),
        "applicableTax": amount(transaction.total.map(|_| transaction.tax.unwrap_or_default())),
        "transactionCurrency": transaction.currency,
        "offerPriceExclTax": amount(transaction.net()),
        "offerCurrency": transaction.currency,
        "customerId": customer.id,
        "customerEmail": customer.email.expose_secret(),
        "customerLocale": profile.locale,
        "customerCountry": profile.country,
        "customerCurrency": transaction.currency,
        "paymentMethod": ROKU,
        "targetType": "subscriptionId",
        "targetId": SubscriptionId::of(&publisher.id, &transaction.purchase),
        "transactionExternalData": transaction.roku_transaction,
        "publisherId": publisher.id,
    })
}

fn amount(amount: Option<Decimal>) -> Option<String> {
    amount.map(|amount| format!("{amount:.4}"))
}

/// How often something is charged, in the words of a transaction.
fn period(period: Period) -> Value {
    match period {
        Period::Week => json!("weekly"),
        Period::Month => json!("monthly"),
        Period::Year => json!("annual"),
        other => json!(other),
    }
}

fn number_in_query(request: &Request, name: &str) -> Result<Option<usize>, Failure> {
    let Ok(query) = QueryMap::from_str(request.uri().query().unwrap_or_default());
    let number = query.first(name).filter(|number| !number.is_empty()).map(str::parse);
    number.transpose().map_err(|_| {
        let message = format!("Invalid query: {name} must be a number");
        Failure::new(StatusCode::BAD_REQUEST, "REQ0002", message)
    })
}
