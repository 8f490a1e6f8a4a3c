-- The Subscription Report: one row for each subscription and each thing that was bought once, as it
-- stands by the latest that is known.
WITH latest AS (
    SELECT
        events.*,
        ROW_NUMBER() OVER (
            PARTITION BY subscription_key ORDER BY sequence DESC, occurred_at DESC, event_id
        ) AS nth
    FROM events
    WHERE subscription_key IS NOT NULL
),
lived AS (
    SELECT
        subscription_key,
        MIN(CASE WHEN event_type = 'subscription.trial_started' THEN occurred_at END)
            AS trial_started_at,
        MIN(CASE WHEN event_type = 'subscription.trial_converted' THEN occurred_at END)
            AS trial_converted_at,
        MAX(CASE WHEN event_type = 'subscription.cancelled' THEN occurred_at END)
            AS cancelled_at,
        MAX(CASE WHEN event_type = 'subscription.resubscribed' THEN occurred_at END)
            AS resubscribed_at
    FROM events
    WHERE subscription_key IS NOT NULL
    GROUP BY subscription_key
),
changed AS (
    SELECT
        subscription_key,
        state,
        occurred_at,
        reason,
        ROW_NUMBER() OVER (
            PARTITION BY subscription_key ORDER BY occurred_at DESC, sequence DESC, event_id DESC
        ) AS nth
    FROM changes
),
paid AS (
    SELECT
        subscription_key,
        SUM(CASE WHEN kind NOT IN ('refund', 'chargeback', 'chargeback reversed') THEN 1 ELSE 0 END)
            AS payments,
        SUM(
            CASE
                WHEN kind NOT IN ('refund', 'chargeback', 'chargeback reversed') THEN total_micros
                ELSE 0
            END
        ) AS charged_micros,
        SUM(tax_micros) AS tax_micros,
        SUM(CASE WHEN kind = 'refund' THEN 1 ELSE 0 END) AS refunds,
        SUM(CASE WHEN kind = 'refund' THEN total_micros ELSE 0 END) AS refunded_micros,
        SUM(CASE WHEN kind = 'chargeback' THEN 1 ELSE 0 END) AS chargebacks,
        SUM(
            CASE WHEN kind IN ('chargeback', 'chargeback reversed') THEN total_micros ELSE 0 END
        ) AS charged_back_micros,
        SUM(net_micros) AS net_micros,
        MAX(currency) AS currency
    FROM transactions
    WHERE subscription_key IS NOT NULL
    GROUP BY subscription_key
),
last_charge AS (
    SELECT
        subscription_key,
        transaction_id,
        occurred_at,
        total_micros,
        ROW_NUMBER() OVER (
            PARTITION BY subscription_key ORDER BY occurred_at DESC, event_id
        ) AS nth
    FROM transactions
    WHERE
        subscription_key IS NOT NULL
        AND kind NOT IN ('refund', 'chargeback', 'chargeback reversed')
)
SELECT
    latest.subscription_id,
    latest.publisher_id,
    latest.channel_id,
    latest.customer_id,
    latest.country,
    latest.offer_title,
    latest.offer_id,
    latest.offer_group,
    latest.offer_price_micros,
    latest.offer_currency,
    latest.offer_period,
    latest.status,
    latest.standing,
    latest.in_trial,
    latest.started_at,
    lived.trial_started_at,
    lived.trial_converted_at,
    latest.expires_at,
    CASE
        WHEN lived.cancelled_at >= COALESCE(lived.resubscribed_at, '') THEN lived.cancelled_at
    END AS cancelled_at,
    CASE WHEN changed.state = 'ended' THEN changed.occurred_at END AS ended_at,
    CASE WHEN changed.state = 'ended' THEN changed.reason END AS end_reason,
    CASE
        WHEN changed.state <> 'ended' THEN NULL
        WHEN changed.reason = 'cancelled' THEN 'active'
        WHEN changed.reason IN ('unpaid', 'not_heard_of') THEN 'passive'
    END AS churn,
    COALESCE(paid.payments, 0) AS payments,
    COALESCE(paid.charged_micros, 0) AS charged_micros,
    COALESCE(paid.refunds, 0) AS refunds,
    COALESCE(paid.refunded_micros, 0) AS refunded_micros,
    COALESCE(paid.chargebacks, 0) AS chargebacks,
    COALESCE(paid.charged_back_micros, 0) AS charged_back_micros,
    COALESCE(paid.tax_micros, 0) AS tax_micros,
    COALESCE(paid.net_micros, 0) AS net_micros,
    paid.currency,
    last_charge.transaction_id AS last_transaction_id,
    last_charge.occurred_at AS last_transaction_at,
    last_charge.total_micros AS last_transaction_micros,
    latest.external_id,
    latest.product_id,
    latest.roku_customer_id,
    latest.subscription_key
FROM latest
INNER JOIN lived ON lived.subscription_key = latest.subscription_key
LEFT JOIN changed ON changed.subscription_key = latest.subscription_key AND changed.nth = 1
LEFT JOIN paid ON paid.subscription_key = latest.subscription_key
LEFT JOIN last_charge
    ON last_charge.subscription_key = latest.subscription_key AND last_charge.nth = 1
WHERE latest.nth = 1
