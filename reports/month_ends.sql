-- Which subscriptions were open when each month ended, whether in a trial, paid or in grace, and
-- whether they were open or had changed their plan when the month after it ended.
WITH open AS (
    SELECT
        months.month,
        months.month_after,
        terms.publisher_id,
        terms.channel_id,
        terms.subscription_key,
        terms.offer_id,
        terms.offer_title,
        terms.currency,
        terms.state,
        terms.mrr_micros,
        terms.plan_left_in,
        LEAD(months.month) OVER (
            PARTITION BY terms.subscription_key ORDER BY months.month
        ) AS open_again_in
    FROM months
    INNER JOIN terms
        ON terms.began_at <= months.as_of AND terms.ended_at > months.as_of
)
SELECT
    month,
    month_after,
    publisher_id,
    channel_id,
    subscription_key,
    offer_id,
    offer_title,
    currency,
    state,
    mrr_micros,
    CASE
        WHEN open_again_in = month_after THEN 'open'
        WHEN plan_left_in = month_after THEN 'changed'
        ELSE 'churned'
    END AS state_after
FROM open
