//! Everybody's subscriptions, page by page.

use std::collections::BTreeSet;

use futures_util::StreamExt;
use lambda_http::http::Request;
use publisher_api::PublisherApi;
use serde_json::Value;
use usher::domain::id::CustomerId;
use usher_tests::samples::{BASIC_PRODUCT, PREMIUM_PRODUCT, Push};

use super::in_2026;
use super::shop::Shop;

/// So many accounts, each with a running subscription, every tenth with an old one besides, and one
/// with four old ones.
const ACCOUNTS: usize = 250;

fn sale(purchase: &str, product: &str, month: usize) -> Push {
    let [on, ends] = [month, month + 1].map(|month| format!("{month:02}-10"));
    in_2026("Sale", purchase, product, &on, &ends)
}

async fn big_shop() -> Shop {
    let shop = Shop::open().await;
    // Roku's key is fetched with the first push; others that come meanwhile would be told to wait.
    account(&shop, 0).await;
    let accounts = (1..ACCOUNTS).map(|number| account(&shop, number));
    let accounts: Vec<_> = accounts.collect();
    futures_util::stream::iter(accounts).buffer_unordered(8).collect::<Vec<()>>().await;
    shop
}

async fn account(shop: &Shop, number: usize) {
    let device = format!("device{number}");
    let old = match number {
        77 => 4,
        _ => usize::from(number.is_multiple_of(10)),
    };
    let old = (0..old).map(|index| sale(&format!("old-{number}-{index}"), PREMIUM_PRODUCT, 1));
    for (index, push) in
        old.chain([sale(&format!("running-{number}"), BASIC_PRODUCT, 2)]).enumerate()
    {
        let push = push.with("customerId", device.as_str());
        shop.told(&format!("push-{number}-{index}"), &push).await;
    }
    let holder = CustomerId::parse(&(200_000_000 + number).to_string()).unwrap();
    shop.link(&device, &holder).await;
}

fn ids_in(page: &Value) -> Vec<String> {
    let data = page["data"].as_array().unwrap();
    data.iter().map(|one| one["subscriptionExternalId"].as_str().unwrap().to_owned()).collect()
}

async fn by_offset(shop: &Shop, query: &str, limit: usize) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let offset = found.len();
        let path = format!("/3.1/subscriptions?{query}&offset={offset}&limit={limit}");
        let page = ids_in(&shop.found(&path).await);
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

async fn by_cursor(shop: &Shop, query: &str, limit: usize) -> Vec<String> {
    let (mut found, mut path) = (Vec::new(), format!("/3.1/subscriptions?{query}&limit={limit}"));
    let first = path.clone();
    loop {
        let page = shop.found(&path).await;
        let ids = ids_in(&page);
        assert!(ids.len() <= limit);
        found.extend(ids);
        let Some(next) = page["nextCursor"].as_str() else { return found };
        path = format!("{first}&cursor={next}");
    }
}

#[tokio::test]
async fn pages_have_no_gap_and_nothing_twice() {
    let shop = big_shop().await;
    let old = ACCOUNTS / 10 + 4;
    for (query, prefix, expected) in [
        ("", "", ACCOUNTS + old),
        ("status=active", "running-", ACCOUNTS),
        ("offerId=S223456789", "old-", old),
    ] {
        let whole = by_cursor(&shop, query, 100).await;
        let different: BTreeSet<_> = whole.iter().collect();
        assert_eq!((whole.len(), different.len()), (expected, expected), "{query}");
        assert!(whole.iter().all(|id| id.starts_with(prefix)), "{query}");
        assert_eq!(by_offset(&shop, query, 90).await, whole, "{query}");
        // Pages that end within an account.
        assert_eq!(by_cursor(&shop, query, 3).await, whole, "{query}");
    }
    what_one_request_does_not_get_through_the_next_goes_on_with(&shop).await;
}

async fn what_one_request_does_not_get_through_the_next_goes_on_with(shop: &Shop) {
    // given: nobody is stopped, and the last of those that run are asked for
    let whole = by_cursor(shop, "status=active", 100).await;
    let api = PublisherApi::new(&shop.usher.stack.config).reading_at_most(3);
    let ask = async |query: String| {
        let request = Request::get(format!("https://api.example.com/3.1/subscriptions?{query}"))
            .header("x-publisher-token", shop.usher.token())
            .body(lambda_http::Body::Empty)
            .unwrap();
        let answer = api.handle(request).await;
        serde_json::from_slice::<Value>(answer.body()).unwrap()
    };
    for (query, offset, expected) in
        [("status=stopped", 0, &[][..]), ("status=active", 245, &whole[245..])]
    {
        // when
        let mut page = ask(format!("{query}&offset={offset}")).await;
        let (mut found, mut requests) = (ids_in(&page), 1);
        while let Some(next) = page["nextCursor"].as_str() {
            assert_eq!(page["message"], "Not everything was looked through; go on with nextCursor");
            page = ask(format!("{query}&cursor={next}")).await;
            found.extend(ids_in(&page));
            requests += 1;
        }
        // then
        assert_eq!(found, expected, "{query}");
        assert_eq!(requests, 6, "sixteen parts of the index, three at a time");
    }
}
