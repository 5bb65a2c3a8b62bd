-- $1: a day since 1970 UTC. Whether the ids of its batches can still be asked.
SELECT to_regclass('ingest_batch_d' || $1::integer) IS NOT NULL
