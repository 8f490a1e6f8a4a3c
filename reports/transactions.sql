-- The Transactions Report: everything that Roku charged, each of its transactions once, and what went
-- back or came again, which is negative or positive as it moved.
WITH moved AS (
    SELECT
        events.*,
        ROW_NUMBER() OVER (
            PARTITION BY
                publisher_id,
                CASE
                    WHEN event_type = 'transaction.charged' AND external_transaction_id IS NOT NULL
                        THEN external_transaction_id
                    ELSE event_id
                END
            ORDER BY sequence DESC, event_id
        ) AS nth
    FROM events
    WHERE
        event_type IN (
            'transaction.charged',
            'transaction.refunded',
            'transaction.charged_back',
            'transaction.chargeback_reversed'
        )
)
SELECT
    transaction_id,
    country,
    day,
    occurred_at,
    month,
    week,
    CASE event_type
        WHEN 'transaction.refunded' THEN 'refund'
        WHEN 'transaction.charged_back' THEN 'chargeback'
        WHEN 'transaction.chargeback_reversed' THEN 'chargeback reversed'
        ELSE COALESCE(transaction_kind, 'charge')
    END AS kind,
    publisher_id,
    channel_id,
    customer_id,
    offer_id,
    offer_title,
    offer_group,
    offer_period,
    offer_price_micros,
    offer_currency,
    COALESCE(total_micros, 0) - COALESCE(tax_micros, 0) AS net_micros,
    COALESCE(tax_micros, 0) AS tax_micros,
    COALESCE(total_micros, 0) AS total_micros,
    COALESCE(credit_micros, 0) AS credit_micros,
    COALESCE(currency, offer_currency) AS currency,
    'roku' AS payment_method,
    external_transaction_id,
    subscription_id,
    subscription_key,
    external_id,
    product_id,
    roku_customer_id,
    event_id
FROM moved
WHERE nth = 1
