-- $1: a day since 1970 UTC.
SELECT open_rejection_day($1::integer)
