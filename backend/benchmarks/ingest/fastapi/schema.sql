-- The rival's schema: one row a record, partitioned by day, found by agent and time. Narrower than Sentinel's.
CREATE TABLE api_key (token_hash bytea PRIMARY KEY, name text NOT NULL);
CREATE TABLE agent (agent_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE model (model_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE performance_metrics (
  agent_id      integer NOT NULL,
  ts            timestamptz NOT NULL,
  latency_ms    double precision,
  cost_usd      double precision,
  input_tokens  integer,
  output_tokens integer,
  cpu_percent   real,
  gpu_percent   real,
  memory_mb     real,
  model_id      integer,
  error         boolean,
  attributes    jsonb
) PARTITION BY RANGE (ts);
CREATE INDEX ON performance_metrics (agent_id, ts);
DO $$
BEGIN
  FOR i IN -1..1 LOOP
    EXECUTE format('CREATE TABLE performance_metrics_%s PARTITION OF performance_metrics FOR VALUES FROM (%L) TO (%L)',
                   i + 1, date_trunc('day', now()) + i * interval '1 day', date_trunc('day', now()) + (i + 1) * interval '1 day');
  END LOOP;
END
$$;
