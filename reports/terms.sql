-- When each subscription was open: from `began_at` until before `ended_at`, in a trial, paid or in
-- grace. The terms of one subscription do not overlap.
WITH followed AS (
    SELECT
        changes.*,
        LEAD(event_type) OVER (
            PARTITION BY subscription_key ORDER BY occurred_at, sequence, event_id
        ) AS next_type,
        LEAD(occurred_at) OVER (
            PARTITION BY subscription_key ORDER BY occurred_at, sequence, event_id
        ) AS next_at
    FROM changes
)
SELECT
    publisher_id,
    channel_id,
    subscription_key,
    offer_id,
    offer_title,
    currency,
    plan_left_in,
    state,
    CASE WHEN state = 'paid' THEN mrr_micros ELSE 0 END AS mrr_micros,
    occurred_at AS began_at,
    CASE
        -- What is told to go on was open in between, be it that Roku charged some hours late.
        WHEN
            next_type IN (
                'subscription.trial_converted',
                'subscription.renewed',
                'subscription.recovered',
                'subscription.grace_started'
            )
            THEN next_at
        -- Grace lasts until something else is told.
        WHEN state = 'grace' OR term_ends_at IS NULL THEN COALESCE(next_at, '9999-12-31')
        WHEN next_at < term_ends_at THEN next_at
        ELSE term_ends_at
    END AS ended_at
FROM followed
WHERE state IN ('trial', 'paid', 'grace')
