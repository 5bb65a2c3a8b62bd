-- Records: one row per request or sample, list-partitioned by arrival generation.
-- Column order is widest first, so that a row carries no padding. NULL is "not measured" and costs one bit.
CREATE TABLE model (
  model_id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  provider   text NOT NULL DEFAULT '' CHECK (length(provider) <= 200),
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL DEFAULT now(),
  UNIQUE (provider, name)
);
COMMENT ON TABLE model IS 'Dictionary of models: records carry the id';

CREATE TABLE host (
  host_id    integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name       text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE host IS 'Dictionary of hosts: records carry the id';

CREATE TABLE generation (
  gen       integer PRIMARY KEY,
  opened_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE generation IS 'Arrival generations; the newest is the one that is written to';

CREATE TABLE metric_record (
  agent_id            uuid NOT NULL,
  ts                  timestamptz NOT NULL,
  latency_us          bigint,
  ttft_us             bigint,
  throughput_millirpm bigint,
  cost_nanos          bigint,
  memory_bytes        bigint,
  gpu_memory_bytes    bigint,
  span_id             bigint,
  trace_id            uuid,
  gen                 integer NOT NULL,
  request_count       integer,
  model_id            integer,
  host_id             integer,
  process_id          integer,
  input_tokens        integer,
  output_tokens       integer,
  cache_read_tokens   integer,
  cache_write_tokens  integer,
  reasoning_tokens    integer,
  cpu_centipercent    smallint,
  gpu_centipercent    smallint,
  gpu_count           smallint,
  kind                "char" NOT NULL,
  cost_source         "char",
  error               boolean,
  custom              jsonb,
  attributes          jsonb,
  CONSTRAINT metric_record_ranges CHECK (
    kind IN ('r', 's', 'c') AND cost_source IN ('r', 'c', 'u')
    AND latency_us >= 0 AND ttft_us >= 0 AND throughput_millirpm >= 0 AND request_count >= 0
    AND memory_bytes >= 0 AND gpu_memory_bytes >= 0
    AND cpu_centipercent BETWEEN 0 AND 10000 AND gpu_centipercent BETWEEN 0 AND 10000 AND gpu_count >= 0)
) PARTITION BY LIST (gen);
COMMENT ON TABLE metric_record IS 'One row per request (kind r), resource sample (s) or correction (c)';
COMMENT ON COLUMN metric_record.ts IS 'When it happened, as the sender says';
COMMENT ON COLUMN metric_record.latency_us IS 'Microseconds';
COMMENT ON COLUMN metric_record.ttft_us IS 'Time to the first token, microseconds';
COMMENT ON COLUMN metric_record.throughput_millirpm IS 'Thousandths of a request per minute, as reported';
COMMENT ON COLUMN metric_record.cost_nanos IS 'Nano-dollars; NULL is unpriced or not a request';
COMMENT ON COLUMN metric_record.cost_source IS 'r reported, c computed, u unpriced';
COMMENT ON COLUMN metric_record.cpu_centipercent IS 'Hundredths of a percent of what the agent may use';
COMMENT ON COLUMN metric_record.gpu_centipercent IS 'Hundredths of a percent of what the agent may use';
COMMENT ON COLUMN metric_record.gen IS 'Arrival generation: the partition, not a time';
COMMENT ON COLUMN metric_record.span_id IS 'The 8 bytes of an OpenTelemetry span id, as a signed number';
CREATE INDEX metric_record_agent_ts ON metric_record (agent_id, ts);

SELECT make_insert_only('model'), make_insert_only('host'), make_insert_only('generation'), make_insert_only('metric_record');
GRANT SELECT, INSERT ON model, host TO sentinel_metrics_api;
GRANT SELECT ON generation TO sentinel_metrics_api;
GRANT SELECT, INSERT ON metric_record TO sentinel_metrics_api;
GRANT SELECT ON model, host, generation, metric_record TO sentinel_db_api, sentinel_worker, sentinel_read;

-- Opens the next generation. LIKE and ATTACH, never PARTITION OF, which would lock the parent against readers. The
-- column default lets a writer COPY straight into the partition without naming its generation in every row.
CREATE FUNCTION open_generation(wanted integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp AS $$
DECLARE
  part text := format('metric_record_g%s', wanted);
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('sentinel.open_generation'));
  IF EXISTS (SELECT FROM generation WHERE gen = wanted) THEN
    RETURN wanted;
  END IF;
  IF wanted <> coalesce((SELECT max(gen) FROM generation), 0) + 1 THEN
    RAISE EXCEPTION 'generation % does not follow the newest', wanted USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE metric_record INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING COMMENTS)', part);
  EXECUTE format('ALTER TABLE %I ALTER COLUMN gen SET DEFAULT %s, ADD CONSTRAINT %I CHECK (gen = %s)', part, wanted, part || '_gen', wanted);
  -- ATTACH gives the partition the parent's row trigger, but not the one against TRUNCATE.
  EXECUTE format('ALTER TABLE metric_record ATTACH PARTITION %I FOR VALUES IN (%s)', part, wanted);
  EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', part);
  EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_truncate, ENABLE ALWAYS TRIGGER refuse_change', part);
  EXECUTE format('GRANT SELECT, INSERT ON %I TO sentinel_metrics_api', part);
  EXECUTE format('GRANT SELECT ON %I TO sentinel_db_api, sentinel_worker, sentinel_read', part);
  INSERT INTO generation (gen) VALUES (wanted);
  RETURN wanted;
END
$$;
COMMENT ON FUNCTION open_generation(integer) IS 'Makes the partition of the next generation; gives the same answer when it exists';
REVOKE ALL ON FUNCTION open_generation(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_generation(integer) TO sentinel_worker;

SELECT open_generation(1);
