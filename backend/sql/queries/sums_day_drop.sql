-- $1: a day of sums_days_expired.
SELECT drop_sums('minute', $1)
