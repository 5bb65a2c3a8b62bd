-- $1: a day of rejection_days_expired.
SELECT drop_rejection_day($1::integer)
