//! All that a publisher sells, and which Roku product is which offer.

use std::collections::HashMap;

use super::id::RokuProductId;
use super::offer::{Offer, OfferId};

/// The offers of one publisher. No two have one id, and no two claim one Roku product.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Catalog {
    offers: Vec<Offer>,
    by_product: HashMap<RokuProductId, usize>,
}

/// Why a list of offers is not a catalog. Each names the offers, for the person who edits it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CatalogError {
    /// An id occurs twice.
    #[error("offer {0} is in the catalog twice")]
    Duplicate(OfferId),
    /// One Roku product would open two offers.
    #[error("offers {first} and {second} both claim the Roku product {product}")]
    Collision {
        /// The product that both claim.
        product: RokuProductId,
        /// The offer that stands first in the list.
        first: OfferId,
        /// The offer that stands second.
        second: OfferId,
    },
}

impl Catalog {
    /// Makes a catalog of offers.
    ///
    /// # Errors
    /// [`CatalogError`] when two offers have one id or claim one Roku product.
    pub fn new(offers: Vec<Offer>) -> Result<Self, CatalogError> {
        let mut by_product = HashMap::with_capacity(offers.len());
        for (index, offer) in offers.iter().enumerate() {
            if offers[..index].iter().any(|earlier| earlier.id == offer.id) {
                return Err(CatalogError::Duplicate(offer.id.clone()));
            }
            let product = offer.roku_product();
            if let Some(first) = by_product.insert(product.clone(), index) {
                let (first, second) = (offers[first].id.clone(), offer.id.clone());
                return Err(CatalogError::Collision { product, first, second });
            }
        }
        Ok(Self { offers, by_product })
    }

    /// Every offer, in the catalog's order.
    pub fn offers(&self) -> &[Offer] {
        &self.offers
    }

    /// The offer that a Roku product stands for; `None` when nobody mapped it.
    pub fn offer_of(&self, product: &RokuProductId) -> Option<&Offer> {
        self.by_product.get(product).map(|&index| &self.offers[index])
    }

    /// The offers that an id means: one with a country, one for each country without.
    pub fn offers_meant_by(&self, id: &OfferId) -> impl Iterator<Item = &Offer> {
        self.offers.iter().filter(|offer| id.means(&offer.id))
    }
}

#[cfg(test)]
mod tests {
    use rust_decimal::Decimal;

    use super::*;

    fn offer(id: &str, roku_product: Option<&str>) -> Offer {
        Offer {
            id: OfferId::parse(id).unwrap(),
            title: id.to_owned(),
            price: Decimal::ONE,
            currency: "USD".to_owned(),
            period: None,
            tags: Vec::new(),
            group: None,
            rank: 0,
            roku_product: roku_product.map(|code| RokuProductId::parse(code).unwrap()),
            free_days: 0,
        }
    }

    fn product(code: &str) -> RokuProductId {
        RokuProductId::parse(code).unwrap()
    }

    #[test]
    fn an_explicit_product_takes_the_place_of_the_rule() {
        let catalog =
            Catalog::new(vec![offer("S1_US", None), offer("S2_US", Some("gold"))]).unwrap();
        let offer_of = |code| catalog.offer_of(&product(code)).map(|offer| offer.id.as_str());
        assert_eq!(offer_of("S1-US"), Some("S1_US"));
        assert_eq!(offer_of("gold"), Some("S2_US"));
        assert_eq!(offer_of("S2-US"), None);
        assert_eq!(offer_of("Gold"), None, "product codes are case-sensitive");
    }

    #[test]
    fn two_offers_that_claim_one_product_are_refused_by_name() {
        let error = Catalog::new(vec![offer("S1_US", None), offer("S2_US", Some("S1-US"))]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "offers S1_US and S2_US both claim the Roku product S1-US"
        );
        let error = Catalog::new(vec![offer("S1_US", None), offer("S1_US", Some("x"))]);
        assert_eq!(error.unwrap_err().to_string(), "offer S1_US is in the catalog twice");
    }

    #[test]
    fn an_id_without_country_finds_the_offer_of_each_country() {
        let catalog =
            Catalog::new(["S1_US", "S1_DE", "S2_US"].map(|id| offer(id, None)).to_vec()).unwrap();
        let id = OfferId::parse("S1").unwrap();
        let found: Vec<_> = catalog.offers_meant_by(&id).map(|offer| offer.id.as_str()).collect();
        assert_eq!(found, ["S1_US", "S1_DE"]);
    }
}
