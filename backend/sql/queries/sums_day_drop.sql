-- $1, $2: a level and a day of sums_days_expired.
SELECT drop_sums($1, $2)
