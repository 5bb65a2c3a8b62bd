-- $1: a number of records. Whether the database may hold more.
SELECT batches = 1000000 OR records + (SELECT coalesce(sum(records), 0) FROM sealed_gen) > $1::bigint
FROM (
  SELECT count(*) AS batches, coalesce(sum(records), 0) AS records FROM (SELECT records FROM ingest_batch LIMIT 1000000) batch
) lately
