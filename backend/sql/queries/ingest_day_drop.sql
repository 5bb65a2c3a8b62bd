-- $1: a day of ingest_days_expired.
SELECT drop_ingest_day($1::integer)
