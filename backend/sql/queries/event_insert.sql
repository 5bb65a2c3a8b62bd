-- $1: JSON array of events, each with a key; $2: day, $3: writer, $4: sequence of the batch; $5: today, for the keys. Gives
-- the number that was new. A key is written under both days, so that a retry after midnight finds it. The batch row tells
-- the live stream.
WITH sent AS (
  SELECT DISTINCT ON (key_hash) * FROM jsonb_to_recordset($1::jsonb)
    AS e (agent_id uuid, type text, ts timestamptz, message text, attributes jsonb, key_hash uuid)
  ORDER BY key_hash
), yesterday AS (
  INSERT INTO ingest_key (day, key_hash) SELECT $5::integer - 1, key_hash FROM sent ORDER BY key_hash
  ON CONFLICT DO NOTHING RETURNING key_hash
), fresh AS (
  INSERT INTO ingest_key (day, key_hash) SELECT $5::integer, key_hash FROM yesterday ORDER BY key_hash
  ON CONFLICT DO NOTHING RETURNING key_hash
), stored AS (
  INSERT INTO agent_event (agent_id, type, ts, message, attributes)
  SELECT agent_id, type, ts, coalesce(message, ''), coalesce(attributes, '{}') FROM sent JOIN fresh USING (key_hash)
  RETURNING agent_id, ts
), batch AS (
  INSERT INTO ingest_batch (day, writer, sequence, records, ts_min, ts_max, agent_ids)
  SELECT $2::integer, $3::uuid, $4::bigint, 0, min(ts), max(ts), array_agg(DISTINCT agent_id) FROM stored HAVING count(*) > 0
)
SELECT count(*) FROM stored
