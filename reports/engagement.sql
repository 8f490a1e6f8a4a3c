-- How often each customer was let in, day by day, as far as it was counted.
SELECT
    day,
    week,
    month,
    publisher_id,
    customer_id,
    SUM(checks) AS checks
FROM events
WHERE event_type = 'customer.watched' AND customer_id IS NOT NULL
GROUP BY day, week, month, publisher_id, customer_id
