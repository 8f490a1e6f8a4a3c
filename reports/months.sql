-- Every month from the first event to the last, also those in which nothing happened. Moments up to
-- `as_of` belong to it. Texts are compared: no moment of a month is after its day 99. The last month
-- is as of its last event. Good until 2099.
WITH digits (digit) AS (
    VALUES ('0'), ('1'), ('2'), ('3'), ('4'), ('5'), ('6'), ('7'), ('8'), ('9')
),
numbers (month_number) AS (
    VALUES
    ('01'), ('02'), ('03'), ('04'), ('05'), ('06'), ('07'), ('08'), ('09'), ('10'), ('11'), ('12')
),
every_month AS (
    SELECT '20' || tens.digit || units.digit || '-' || numbers.month_number AS month
    FROM digits AS tens
    CROSS JOIN digits AS units
    CROSS JOIN numbers
),
told AS (
    SELECT
        MIN(month) AS first_month,
        MAX(month) AS last_month,
        MAX(occurred_at) AS last_at
    FROM events
    WHERE event_type <> 'customer.watched'
)
SELECT
    every_month.month,
    LEAD(every_month.month) OVER (ORDER BY every_month.month) AS month_after,
    CASE
        WHEN every_month.month = told.last_month THEN told.last_at
        ELSE every_month.month || '-99'
    END AS as_of
FROM every_month
INNER JOIN told
    ON every_month.month >= told.first_month AND every_month.month <= told.last_month
