-- What each subscription was in, from when: `trial`, `paid`, `grace`, `on_hold` or `ended`. Each stays
-- until the next. Things that are bought once have no terms, and are not here.
WITH told AS (
    SELECT
        event_id,
        event_type,
        occurred_at,
        month,
        sequence,
        publisher_id,
        channel_id,
        subscription_key,
        offer_id,
        offer_title,
        offer_currency AS currency,
        mrr_micros,
        term_ends_at,
        reason,
        CASE event_type
            WHEN 'subscription.trial_started' THEN 'trial'
            WHEN 'subscription.resubscribed' THEN 'as_before'
            -- What begins the new plan, a trial or a payment, is told beside it.
            WHEN 'subscription.upgraded' THEN 'as_before'
            WHEN 'subscription.grace_started' THEN 'grace'
            WHEN 'subscription.on_hold' THEN 'on_hold'
            WHEN 'subscription.ended' THEN 'ended'
            ELSE 'paid'
        END AS state,
        CASE
            WHEN event_type = 'subscription.on_hold' THEN 1
            WHEN reason IN ('cancelled', 'unpaid', 'not_heard_of') THEN 1
            ELSE 0
        END AS is_by_clock,
        MAX(term_ends_at) OVER (PARTITION BY subscription_key) AS last_term_ends_at,
        MAX(
            CASE
                WHEN event_type IN ('subscription.upgraded', 'subscription.downgraded') THEN 1
                ELSE 0
            END
        ) OVER (PARTITION BY subscription_key) AS is_plan_change
    FROM events
    WHERE
        subscription_key IS NOT NULL
        AND event_type IN (
            'subscription.started',
            'subscription.trial_started',
            'subscription.trial_converted',
            'subscription.renewed',
            'subscription.upgraded',
            'subscription.downgraded',
            'subscription.recovered',
            'subscription.resubscribed',
            'subscription.grace_started',
            'subscription.on_hold',
            'subscription.ended'
        )
),
in_order AS (
    SELECT
        told.*,
        LAG(state) OVER (
            PARTITION BY subscription_key ORDER BY occurred_at, sequence, event_id
        ) AS state_before,
        LAG(sequence) OVER (
            PARTITION BY subscription_key ORDER BY occurred_at, sequence, event_id
        ) AS sequence_before,
        LEAD(event_type) OVER (
            PARTITION BY subscription_key ORDER BY occurred_at, sequence, event_id
        ) AS next_type,
        SUM(CASE WHEN state IN ('trial', 'paid', 'as_before') THEN 1 ELSE 0 END) OVER (
            PARTITION BY subscription_key ORDER BY occurred_at, sequence, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS term
    FROM told
    WHERE last_term_ends_at IS NOT NULL
),
-- The term that each change fell into.
in_terms AS (
    SELECT
        in_order.*,
        MAX(CASE WHEN state IN ('trial', 'paid', 'as_before') THEN sequence END) OVER (
            PARTITION BY subscription_key, term
        ) AS term_sequence,
        MAX(CASE WHEN state IN ('trial', 'paid', 'as_before') THEN term_ends_at END) OVER (
            PARTITION BY subscription_key, term
        ) AS running_term_ends_at
    FROM in_order
),
-- Without what the clock had brought about before Roku told, late, that it was otherwise: that a term
-- had begun by then that goes on for longer, or that what had not been heard of was unpaid or goes on.
true_changes AS (
    SELECT *
    FROM in_terms
    WHERE
        is_by_clock = 0
        OR NOT (
            (
                COALESCE(term_sequence, 0) > sequence
                AND COALESCE(running_term_ends_at, '') > occurred_at
            )
            OR (
                COALESCE(reason, '') = 'not_heard_of'
                AND COALESCE(state_before, '') IN ('grace', 'on_hold')
                AND COALESCE(sequence_before, 0) > sequence
            )
            OR (
                state = 'ended'
                AND COALESCE(next_type, '') IN (
                    'subscription.trial_converted', 'subscription.renewed'
                )
            )
            OR (
                COALESCE(reason, '') = 'not_heard_of'
                AND COALESCE(next_type, '') IN (
                    'subscription.recovered', 'subscription.grace_started', 'subscription.on_hold'
                )
            )
        )
),
charged AS (
    SELECT
        event_id,
        event_type,
        occurred_at,
        month,
        sequence,
        publisher_id,
        channel_id,
        subscription_key,
        offer_id,
        offer_title,
        currency,
        mrr_micros,
        term_ends_at,
        reason,
        state,
        is_plan_change,
        LAG(state) OVER (
            PARTITION BY subscription_key ORDER BY occurred_at, sequence, event_id
        ) AS state_before,
        SUM(CASE WHEN state IN ('trial', 'paid') THEN 1 ELSE 0 END) OVER (
            PARTITION BY subscription_key ORDER BY occurred_at, sequence, event_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS charge,
        -- Grace that runs out, and Roku's giving up after a hold, are one end.
        ROW_NUMBER() OVER (
            PARTITION BY subscription_key, term, state ORDER BY occurred_at, sequence, event_id
        ) AS nth_in_term
    FROM true_changes
),
-- The trial or the payment that each change came after.
covered AS (
    SELECT
        charged.*,
        MAX(CASE WHEN state = 'trial' THEN 1 ELSE 0 END) OVER (
            PARTITION BY subscription_key, charge
        ) AS is_after_trial
    FROM charged
    WHERE state <> 'ended' OR nth_in_term = 1
)
SELECT
    event_id,
    event_type,
    occurred_at,
    month,
    sequence,
    publisher_id,
    channel_id,
    subscription_key,
    offer_id,
    offer_title,
    currency,
    term_ends_at,
    reason,
    CASE
        WHEN state <> 'as_before' THEN state
        WHEN is_after_trial = 1 AND COALESCE(state_before, 'ended') <> 'ended' THEN 'trial'
        ELSE 'paid'
    END AS state,
    state_before,
    is_plan_change = 1 AS is_plan_change,
    is_after_trial = 1 AS is_after_trial,
    COALESCE(mrr_micros, 0) AS mrr_micros,
    MAX(
        CASE WHEN state = 'ended' AND reason IN ('upgraded', 'downgraded') THEN month END
    ) OVER (PARTITION BY subscription_key) AS plan_left_in
FROM covered
