-- Every event once, however often its row came, and what the other events of its subscription tell
-- where it tells nothing itself: the channel, the offer, the currency.
WITH copies AS (
    SELECT
        event_rows.*,
        ROW_NUMBER() OVER (PARTITION BY event_id ORDER BY COALESCE(sequence, 0) DESC) AS nth,
        publisher_id || '/' || roku_customer_id || '/' || CAST(subscription_id AS VARCHAR)
            AS subscription_key
    FROM event_rows
)
SELECT
    event_id,
    event_type,
    occurred_at,
    day,
    week,
    month,
    COALESCE(sequence, 0) AS sequence,
    publisher_id,
    COALESCE(
        channel_id,
        CASE WHEN subscription_key IS NOT NULL
            THEN MAX(channel_id) OVER (PARTITION BY subscription_key) END
    ) AS channel_id,
    customer_id,
    roku_customer_id,
    subscription_key,
    subscription_id,
    external_id,
    product_id,
    COALESCE(
        offer_id,
        CASE WHEN subscription_key IS NOT NULL
            THEN MAX(offer_id) OVER (PARTITION BY subscription_key) END
    ) AS offer_id,
    COALESCE(
        offer_title,
        CASE WHEN subscription_key IS NOT NULL
            THEN MAX(offer_title) OVER (PARTITION BY subscription_key) END
    ) AS offer_title,
    offer_group,
    offer_period,
    offer_price_micros,
    COALESCE(
        offer_currency,
        CASE WHEN subscription_key IS NOT NULL
            THEN COALESCE(
                MAX(offer_currency) OVER (PARTITION BY subscription_key),
                MAX(currency) OVER (PARTITION BY subscription_key)
            ) END
    ) AS offer_currency,
    country,
    mrr_micros,
    status,
    standing,
    in_trial,
    started_at,
    term_ends_at,
    expires_at,
    reason,
    from_offer_id,
    transaction_id,
    external_transaction_id,
    transaction_kind,
    total_micros,
    tax_micros,
    credit_micros,
    currency,
    checks
FROM copies
WHERE nth = 1
