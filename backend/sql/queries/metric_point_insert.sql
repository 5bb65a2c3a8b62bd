-- $1: JSON array of counter points.
INSERT INTO metric_point (gen, agent_id, name, attributes, host_id, process_id, start_ts, ts, cumulative, value)
SELECT (SELECT max(gen) FROM generation), agent_id, name, attributes, host_id, process_id, start_ts, ts, cumulative, value
FROM jsonb_to_recordset($1::jsonb) AS p (agent_id uuid, name text, attributes jsonb, host_id integer, process_id integer,
  start_ts timestamptz, ts timestamptz, cumulative boolean, value float8)
