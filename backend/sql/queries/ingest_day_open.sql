-- $1: a day since 1970 UTC; the partitions of it and of the day before.
SELECT open_ingest_day($1::integer - 1), open_ingest_day($1::integer)
