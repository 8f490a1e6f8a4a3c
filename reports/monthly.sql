-- Monthly figures for each offer, channel and currency. Rates are in hundredths of a percent. What was
-- open when a month began has churned if it was no longer when the month ended, other than by a change
-- of plan.
WITH sides (side) AS (
    VALUES ('end'), ('start')
),
figures AS (
    SELECT
        CASE WHEN sides.side = 'end' THEN month_ends.month ELSE month_ends.month_after END AS month,
        month_ends.publisher_id,
        month_ends.offer_id,
        month_ends.channel_id,
        month_ends.currency,
        month_ends.offer_title,
        CASE WHEN sides.side = 'end' THEN 'open' ELSE 'open before' END AS measure,
        CASE WHEN sides.side = 'end' THEN month_ends.state ELSE month_ends.state_after END
            AS detail,
        FALSE AS is_after_trial,
        CASE WHEN sides.side = 'end' THEN month_ends.mrr_micros ELSE 0 END AS mrr_micros,
        0 AS total_micros,
        0 AS tax_micros
    FROM month_ends
    CROSS JOIN sides
    UNION ALL
    SELECT
        month,
        publisher_id,
        offer_id,
        channel_id,
        currency,
        offer_title,
        event_type AS measure,
        CASE
            WHEN event_type IN ('subscription.ended', 'subscription.recovered') THEN reason
            WHEN state_before IS NULL AND NOT is_plan_change THEN 'new'
            ELSE state_before
        END AS detail,
        is_after_trial,
        0 AS mrr_micros,
        0 AS total_micros,
        0 AS tax_micros
    FROM changes
    UNION ALL
    SELECT
        month,
        publisher_id,
        offer_id,
        channel_id,
        offer_currency AS currency,
        offer_title,
        CASE event_type
            WHEN 'subscription.started' THEN 'bought once'
            ELSE event_type
        END AS measure,
        NULL AS detail,
        FALSE AS is_after_trial,
        0 AS mrr_micros,
        0 AS total_micros,
        0 AS tax_micros
    FROM events
    WHERE
        (event_type = 'subscription.started' AND term_ends_at IS NULL)
        OR event_type IN (
            'subscription.downgrade_scheduled',
            'subscription.cancelled',
            'subscription.offer_accepted'
        )
    UNION ALL
    SELECT
        month,
        publisher_id,
        offer_id,
        channel_id,
        currency,
        offer_title,
        CASE
            WHEN kind IN ('refund', 'chargeback', 'chargeback reversed') THEN kind
            ELSE 'charge'
        END AS measure,
        kind AS detail,
        FALSE AS is_after_trial,
        0 AS mrr_micros,
        total_micros,
        tax_micros
    FROM transactions
),
summed AS (
    SELECT
        month,
        publisher_id,
        offer_id,
        MAX(offer_title) AS offer_title,
        channel_id,
        currency,
        SUM(CASE WHEN measure = 'open before' THEN 1 ELSE 0 END) AS active_at_start,
        SUM(
            CASE
                WHEN
                    measure IN ('subscription.started', 'subscription.trial_started')
                    AND detail = 'new'
                    THEN 1
                ELSE 0
            END
        ) AS new_subscriptions,
        SUM(
            CASE
                WHEN
                    measure IN (
                        'subscription.started',
                        'subscription.trial_started',
                        'subscription.resubscribed'
                    )
                    AND detail IN ('ended', 'on_hold')
                    THEN 1
                ELSE 0
            END
        ) AS reactivated,
        SUM(CASE WHEN measure = 'subscription.upgraded' THEN 1 ELSE 0 END) AS upgrades_in,
        SUM(CASE WHEN measure = 'subscription.downgraded' THEN 1 ELSE 0 END) AS downgrades_in,
        SUM(CASE WHEN measure = 'subscription.recovered' AND detail = 'on_hold' THEN 1 ELSE 0 END)
            AS recovered_from_hold,
        SUM(CASE WHEN measure = 'subscription.ended' AND detail = 'upgraded' THEN 1 ELSE 0 END)
            AS upgrades_out,
        SUM(CASE WHEN measure = 'subscription.ended' AND detail = 'downgraded' THEN 1 ELSE 0 END)
            AS downgrades_out,
        SUM(CASE WHEN measure = 'subscription.ended' AND detail = 'cancelled' THEN 1 ELSE 0 END)
            AS active_cancellations,
        SUM(CASE WHEN measure = 'subscription.ended' AND detail = 'unpaid' THEN 1 ELSE 0 END)
            AS passive_cancellations,
        SUM(CASE WHEN measure = 'subscription.ended' AND detail = 'not_heard_of' THEN 1 ELSE 0 END)
            AS not_heard_of,
        SUM(CASE WHEN measure = 'subscription.ended' AND detail = 'taken_away' THEN 1 ELSE 0 END)
            AS taken_away,
        SUM(CASE WHEN measure = 'open before' AND detail = 'churned' THEN 1 ELSE 0 END) AS churned,
        SUM(CASE WHEN measure = 'open' THEN 1 ELSE 0 END) AS active_at_end,
        SUM(CASE WHEN measure = 'open' AND detail = 'paid' THEN 1 ELSE 0 END) AS paying_at_end,
        SUM(CASE WHEN measure = 'open' AND detail = 'trial' THEN 1 ELSE 0 END) AS in_trial_at_end,
        SUM(CASE WHEN measure = 'open' AND detail = 'grace' THEN 1 ELSE 0 END) AS in_grace_at_end,
        SUM(CASE WHEN measure = 'subscription.trial_started' THEN 1 ELSE 0 END) AS trials_started,
        SUM(CASE WHEN measure = 'subscription.trial_converted' THEN 1 ELSE 0 END)
            AS trials_converted,
        SUM(
            CASE
                WHEN
                    measure = 'subscription.ended'
                    AND is_after_trial
                    AND detail NOT IN ('upgraded', 'downgraded')
                    THEN 1
                ELSE 0
            END
        ) AS trials_lapsed,
        SUM(CASE WHEN measure = 'subscription.renewed' THEN 1 ELSE 0 END) AS renewals,
        SUM(CASE WHEN measure = 'subscription.cancelled' THEN 1 ELSE 0 END) AS renewals_turned_off,
        SUM(CASE WHEN measure = 'subscription.offer_accepted' THEN 1 ELSE 0 END)
            AS offers_accepted,
        SUM(CASE WHEN measure = 'subscription.downgrade_scheduled' THEN 1 ELSE 0 END)
            AS downgrades_scheduled,
        SUM(CASE WHEN measure = 'subscription.grace_started' THEN 1 ELSE 0 END) AS grace_started,
        SUM(CASE WHEN measure = 'subscription.recovered' AND detail = 'grace' THEN 1 ELSE 0 END)
            AS recovered_from_grace,
        SUM(CASE WHEN measure = 'subscription.on_hold' THEN 1 ELSE 0 END) AS put_on_hold,
        SUM(CASE WHEN measure = 'bought once' THEN 1 ELSE 0 END) AS bought_once,
        SUM(CASE WHEN measure = 'charge' THEN 1 ELSE 0 END) AS charges,
        SUM(CASE WHEN measure = 'charge' THEN total_micros ELSE 0 END) AS charged_micros,
        SUM(CASE WHEN measure = 'refund' THEN 1 ELSE 0 END) AS refunds,
        SUM(CASE WHEN measure = 'refund' THEN total_micros ELSE 0 END) AS refunded_micros,
        SUM(CASE WHEN measure = 'chargeback' THEN 1 ELSE 0 END) AS chargebacks,
        SUM(CASE WHEN measure = 'chargeback' THEN total_micros ELSE 0 END) AS charged_back_micros,
        SUM(CASE WHEN measure = 'chargeback reversed' THEN 1 ELSE 0 END) AS chargebacks_reversed,
        SUM(CASE WHEN measure = 'chargeback reversed' THEN total_micros ELSE 0 END)
            AS chargebacks_reversed_micros,
        SUM(tax_micros) AS tax_micros,
        SUM(total_micros - tax_micros) AS net_micros,
        SUM(mrr_micros) AS mrr_micros
    FROM figures
    WHERE month IS NOT NULL
    GROUP BY month, publisher_id, offer_id, channel_id, currency
)
SELECT
    month,
    publisher_id,
    offer_id,
    offer_title,
    channel_id,
    currency,
    active_at_start,
    new_subscriptions,
    reactivated,
    upgrades_in,
    downgrades_in,
    recovered_from_hold,
    upgrades_out,
    downgrades_out,
    active_cancellations,
    passive_cancellations,
    not_heard_of,
    taken_away,
    churned,
    CASE WHEN active_at_start > 0
        THEN (churned * 20000 + active_at_start) / (active_at_start * 2) END AS churn_rate,
    active_at_end,
    paying_at_end,
    in_trial_at_end,
    in_grace_at_end,
    trials_started,
    trials_converted,
    trials_lapsed,
    CASE WHEN trials_converted + trials_lapsed > 0
        THEN
            (trials_converted * 20000 + trials_converted + trials_lapsed)
            / ((trials_converted + trials_lapsed) * 2)
    END AS trial_conversion_rate,
    renewals,
    renewals_turned_off,
    offers_accepted,
    downgrades_scheduled,
    grace_started,
    recovered_from_grace,
    put_on_hold,
    bought_once,
    charges,
    charged_micros,
    refunds,
    refunded_micros,
    chargebacks,
    charged_back_micros,
    chargebacks_reversed,
    chargebacks_reversed_micros,
    tax_micros,
    net_micros,
    mrr_micros
FROM summed
