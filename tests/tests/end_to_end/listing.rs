//! All accounts of a publisher, page by page.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use usher::domain::fold::RULES;
use usher::domain::id::PublisherId;
use usher::store::listing::{Cursor, Listed, Listing};
use usher_cli::stack::Stack;
use usher_tests::Usher;
use usher_tests::samples::{BASIC_PRODUCT, days, push};
use usher_tests::wire::dynamodb;

const ANN: &str = "ann@example.com";
const BASIC: &str = "S123456789_US";
const PUBLISHER: &str = "123456789";

fn publisher(id: &str) -> PublisherId {
    PublisherId::parse(id).unwrap()
}

/// Each page; the cursor is sent back as the text that a caller sees.
async fn pages(usher: &Usher) -> Vec<Vec<Listed>> {
    let listing = Listing::new(&usher.stack.config.table);
    let (mut pages, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = listing.accounts(&publisher(PUBLISHER), after.as_ref()).await.unwrap();
        pages.push(page);
        let Some(next) = next else { return pages };
        after = Some(Cursor::parse(&next.to_string()).unwrap());
    }
}

/// The purchases of all listed accounts, each with whether a customer holds it.
async fn listed(usher: &Usher) -> Vec<(String, bool)> {
    let pages = pages(usher).await;
    let purchases = pages.iter().flatten().flat_map(|listed| {
        let is_held = listed.holder.is_some();
        listed.account.purchases.keys().map(move |id| (id.to_string(), is_held))
    });
    let mut purchases: Vec<_> = purchases.collect();
    purchases.sort_unstable();
    purchases
}

async fn sell(usher: &Usher, roku_customer: &str, purchase: &str) {
    let now = usher.stack.config.clock.now();
    let sale = push("Sale", purchase, BASIC_PRODUCT)
        .with("customerId", roku_customer)
        .with("transactionId", purchase)
        .at(now, days(now, 30));
    assert_eq!(usher.push(&sale.message()).await.status, 200);
}

async fn change(usher: &Usher, roku_customer: &str, expression: &str) {
    let client = dynamodb(&usher.stack.dynamodb).await;
    let pk = AttributeValue::S(format!("ROKU#{PUBLISHER}#{roku_customer}"));
    let request = client.update_item().table_name(Stack::TABLE).key("pk", pk);
    let request = request.key("sk", AttributeValue::S("ACCOUNT".to_owned()));
    request.update_expression(expression).send().await.unwrap();
}

#[tokio::test]
async fn every_account_is_listed_once_with_who_holds_it() {
    let usher = Usher::start().await;
    assert_eq!(listed(&usher).await, []);
    let simulator = usher.stack.simulator.clone().unwrap();
    let (order, _) = simulator.buy("ann-at-roku", BASIC_PRODUCT, false).await.unwrap();
    usher.receipt(ANN, BASIC, &order.purchase_id).await;
    for number in 1..=9 {
        sell(&usher, &format!("customer{number}"), &format!("purchase{number}")).await;
    }
    sell(&usher, "customer1", "purchase1again").await;

    let mut expected: Vec<_> = (1..=9).map(|number| (format!("purchase{number}"), false)).collect();
    expected.push(("purchase1again".to_owned(), false));
    expected.push((order.purchase_id.replace('-', "").to_lowercase(), true));
    expected.sort_unstable();
    assert_eq!(listed(&usher).await, expected);

    let listing = Listing::new(&usher.stack.config.table);
    let (others, next) = listing.accounts(&publisher("987654321"), None).await.unwrap();
    assert!(others.is_empty() && next.is_none(), "another publisher has none");
}

#[tokio::test]
async fn an_account_from_before_the_index_is_listed_with_its_next_write() {
    let usher = Usher::start().await;
    sell(&usher, "customer", "purchase").await;
    change(&usher, "customer", "REMOVE listed_in").await;
    assert_eq!(listed(&usher).await, []);
    sell(&usher, "customer", "purchase2").await;
    let both = ["purchase", "purchase2"].map(|id| (id.to_owned(), false));
    assert_eq!(listed(&usher).await, both);
}

#[tokio::test]
async fn an_account_that_other_rules_folded_is_folded_anew() {
    let usher = Usher::start().await;
    sell(&usher, "customer", "purchase").await;
    change(&usher, "customer", "SET folded_by = version REMOVE purchases").await;
    assert_ne!(RULES, 1, "the version of an account that was written once");
    assert_eq!(listed(&usher).await, [("purchase".to_owned(), false)]);
}

/// More than DynamoDB gives at once, by number and by size.
#[tokio::test]
async fn a_large_part_comes_in_pages_and_nothing_is_left_out() {
    let usher = Usher::start().await;
    let client = dynamodb(&usher.stack.dynamodb).await;
    let text = |text: String| AttributeValue::S(text);
    for number in 0..120 {
        let item = HashMap::from([
            ("pk".to_owned(), text(format!("ROKU#{PUBLISHER}#customer{number:03}"))),
            ("sk".to_owned(), text("ACCOUNT".to_owned())),
            ("listed_in".to_owned(), text(format!("PUB#{PUBLISHER}#a"))),
            ("linked_to".to_owned(), text(format!("CUST#{PUBLISHER}#{number}"))),
            ("version".to_owned(), AttributeValue::N("1".to_owned())),
            ("folded_by".to_owned(), AttributeValue::N(RULES.to_string())),
            ("purchases".to_owned(), AttributeValue::M(HashMap::new())),
            ("padding".to_owned(), text("x".repeat(200_000))),
        ]);
        let request = client.put_item().table_name(Stack::TABLE).set_item(Some(item));
        request.send().await.unwrap();
    }
    let pages = pages(&usher).await;
    let full: Vec<_> = pages.iter().map(Vec::len).filter(|length| *length > 0).collect();
    assert_eq!(full, [100, 20]);
    let holders = pages.iter().flatten().map(|listed| listed.holder.as_ref().unwrap().to_string());
    let expected: Vec<_> = (0..120).map(|number| number.to_string()).collect();
    assert_eq!(holders.collect::<Vec<_>>(), expected, "in order");
}
