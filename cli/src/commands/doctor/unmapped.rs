//! Roku products that were sold and that no offer of the catalog stands for.

use serde_json::{Value, json};
use usher::domain::publisher::Publisher;
use usher::store::Table;
use usher::store::unmapped_products::{UnmappedProduct, UnmappedProducts};

use super::Examined;

const WHAT: &str = "unmapped products";
const TODO: &str = "name each as the roku_product of its offer in the catalog, then: usher catalog \
                    apply FILE; that heals the past";

/// Looks which of the products that were noted are still unmapped.
pub(super) async fn examine(table: &Table, publisher: &Publisher) -> Examined {
    let mut noted = match UnmappedProducts::new(table).all(&publisher.id).await {
        Ok(noted) => noted,
        Err(error) => return Examined::unexamined(WHAT, error.in_short()),
    };
    noted.retain(|noted| publisher.catalog.offer_of(&noted.product).is_none());
    // A product code is Roku's and opaque: it must not play with the terminal.
    let shown = |UnmappedProduct { product, last_seen }: &UnmappedProduct| {
        format!("{}, last seen {last_seen:.0}", product.as_str().escape_debug())
    };
    let found = if noted.is_empty() {
        "none".to_owned()
    } else {
        noted.iter().map(shown).collect::<Vec<_>>().join("; ")
    };
    let value =
        |one: &UnmappedProduct| json!({ "product": one.product, "lastSeen": one.last_seen });
    let values: Vec<Value> = noted.iter().map(value).collect();
    Examined::well(WHAT, found, json!({ "products": values })).wrong_if(!noted.is_empty(), TODO)
}
