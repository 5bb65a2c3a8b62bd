-- What OpenTelemetry brings beside records: readings of counters, and which agent runs which process. Locks: none that
-- anybody waits for; the tables are new. Points are partitioned with the records of their generation, and leave with them.
CREATE TABLE metric_point (
  agent_id   uuid NOT NULL,
  ts         timestamptz NOT NULL,
  start_ts   timestamptz,
  value      float8 NOT NULL,
  gen        integer NOT NULL,
  host_id    integer,
  process_id integer,
  cumulative boolean NOT NULL,
  name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 210),
  attributes jsonb
) PARTITION BY LIST (gen);
COMMENT ON TABLE metric_point IS 'Readings of counters as they were received, also twice; metric_increase says what they add up to';
COMMENT ON COLUMN metric_point.start_ts IS 'Since when the value counts';
COMMENT ON COLUMN metric_point.cumulative IS 'Whether the value counts from start_ts on; else it is what was counted between start_ts and ts';
CREATE INDEX metric_point_agent_ts ON metric_point (agent_id, ts);

CREATE TABLE agent_process (
  agent_process_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  host_id    integer NOT NULL REFERENCES host,
  process_id integer NOT NULL,
  agent_id   uuid NOT NULL REFERENCES agent,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE agent_process IS 'Which agent runs a process of a host; the newest row counts. Samples that know the process alone find their agent here';
CREATE INDEX agent_process_newest ON agent_process (host_id, process_id, agent_process_id DESC);

SELECT make_insert_only('metric_point'), make_insert_only('agent_process');
GRANT SELECT, INSERT ON metric_point, agent_process TO sentinel_metrics_api;
GRANT INSERT ON agent_revision TO sentinel_metrics_api;
GRANT SELECT ON metric_point, agent_process TO sentinel_db_api, sentinel_worker, sentinel_read;

-- One run of a counter is what has the same start. A reading counts from the one before it in its run; the first one, and
-- one that fell, from the start. Where the start is not known, the first reading is where counting begins.
CREATE VIEW metric_increase AS
SELECT agent_id, host_id, process_id, name, attributes, ts,
  CASE
    WHEN NOT cumulative THEN value
    WHEN before IS NULL AND start_ts IS NULL THEN 0
    WHEN before IS NULL OR value < before THEN value
    ELSE value - before
  END AS increase
FROM (
  SELECT *, lag(value) OVER (
    PARTITION BY agent_id, host_id, process_id, name, attributes, cumulative, start_ts ORDER BY ts) AS before
  FROM (
    SELECT DISTINCT agent_id, host_id, process_id, name, attributes, cumulative, start_ts, ts, value FROM metric_point
  ) AS once
) AS run;
COMMENT ON VIEW metric_increase IS 'What counters counted, reading by reading: delta and cumulative ones alike, each reading once';
GRANT SELECT ON metric_increase TO sentinel_db_api, sentinel_worker, sentinel_read;

CREATE OR REPLACE FUNCTION open_generation(wanted integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('sentinel.open_generation'));
  IF EXISTS (SELECT FROM generation WHERE gen = wanted) THEN
    RETURN wanted;
  END IF;
  IF wanted <> coalesce((SELECT max(gen) FROM generation), 0) + 1 THEN
    RAISE EXCEPTION 'generation % does not follow the newest', wanted USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM make_generation_partition('metric_record', wanted), make_generation_partition('metric_point', wanted);
  INSERT INTO generation (gen) VALUES (wanted);
  RETURN wanted;
END
$$;

-- LIKE and ATTACH, never PARTITION OF, which would lock the parent against readers. The column default lets a writer COPY
-- straight into the partition without naming its generation in every row.
CREATE FUNCTION make_generation_partition(parent text, wanted integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  part text := format('%s_g%s', parent, wanted);
BEGIN
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING COMMENTS)', part, parent);
  EXECUTE format('ALTER TABLE %I ALTER COLUMN gen SET DEFAULT %s, ADD CONSTRAINT %I CHECK (gen = %s)', part, wanted, part || '_gen', wanted);
  -- ATTACH gives the partition the parent's row trigger, but not the one against TRUNCATE.
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%s)', parent, part, wanted);
  EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', part);
  EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_truncate, ENABLE ALWAYS TRIGGER refuse_change', part);
  EXECUTE format('GRANT SELECT, INSERT ON %I TO sentinel_metrics_api', part);
  EXECUTE format('GRANT SELECT ON %I TO sentinel_db_api, sentinel_worker, sentinel_read', part);
END
$$;
COMMENT ON FUNCTION make_generation_partition(text, integer) IS 'Makes and attaches the partition of one generation; called by open_generation()';
REVOKE ALL ON FUNCTION make_generation_partition(text, integer) FROM PUBLIC;

-- Generations that are open already, for the points that come from now on.
SELECT make_generation_partition('metric_point', gen) FROM generation;
