-- Sums: what records of an agent add up to in a minute, an hour and a day (UTC). Rows are partial: several may stand for one
-- bucket, and readers add them. A pass of the worker adds the rows of what was committed since the pass before, and says in
-- sums_progress up to where it came, in the same statement. So a reader finds every record once at every snapshot: in the sums
-- of the level it wants, in those of finer levels that no pass has rolled up yet, or as a record that no pass has counted.
-- Locks: new tables only.

-- A sketch tells quantiles with a relative error of at most 1 %. It is a run of entries of four bytes: a key and a count,
-- each of 16 bits without sign, highest byte first. Key 0 is the value 0; key k holds the values over 1.01/0.99 to the power of
-- k - 2, up to its power of k - 1. Keys may repeat: to concatenate sketches is to merge them.
CREATE FUNCTION sketch_of(value bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT substring(int4send(CASE WHEN value > 0 THEN ceil(ln(value::float8) / 0.020000666706669543)::integer + 1 ELSE (value * 0)::integer END)
    || '\x0001'::bytea, 3)
$$;
COMMENT ON FUNCTION sketch_of(bigint) IS 'The sketch of one value; NULL of NULL';

CREATE FUNCTION sketch_entries(sketch bytea) RETURNS TABLE (key integer, values_in bigint)
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 100 AS $$
  SELECT get_byte(sketch, i) * 256 + get_byte(sketch, i + 1), sum(get_byte(sketch, i + 2) * 256 + get_byte(sketch, i + 3))
  FROM generate_series(0, length(sketch) - 4, 4) AS i
  GROUP BY 1
$$;
COMMENT ON FUNCTION sketch_entries(bytea) IS 'How many values each key of a sketch holds';

CREATE FUNCTION sketch_value(key integer) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN key = 0 THEN 0 ELSE exp((key - 1) * 0.020000666706669543) * 0.99 END
$$;
COMMENT ON FUNCTION sketch_value(integer) IS 'The value that stands for all values of a key';

-- Keys once each and in order. A count over 65,535 takes several entries.
CREATE FUNCTION sketch_merge(sketch bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT string_agg(substring(int4send(key), 3) || substring(int4send(least(values_in - part * 65535, 65535)::integer), 3), '' ORDER BY key)
  FROM sketch_entries(sketch), generate_series(0, (values_in - 1) / 65535) AS part
$$;
COMMENT ON FUNCTION sketch_merge(bytea) IS 'The same sketch in as few entries as it needs';

-- Columns of eight bytes first, so that a row carries no padding. So that a minute with one record costs little: a count that
-- is NULL beside a sum equals `records`; a least and greatest value that are NULL beside a sum are that sum.
CREATE TABLE metric_minute (
  agent_id            uuid NOT NULL,
  bucket              timestamptz NOT NULL,
  pass                bigint NOT NULL,
  records             bigint NOT NULL,
  requests            bigint,
  requests_n          bigint,
  errors              bigint,
  priced_requests     bigint,
  unpriced_requests   bigint,
  unpriced_records    bigint,
  unpriced_input_tokens bigint,
  unpriced_output_tokens bigint,
  latency_n           bigint,
  latency_min         bigint,
  latency_max         bigint,
  ttft_n              bigint,
  ttft_min            bigint,
  ttft_max            bigint,
  throughput_n        bigint,
  throughput_min      bigint,
  throughput_max      bigint,
  cost_n              bigint,
  cost_min            bigint,
  cost_max            bigint,
  memory_n            bigint,
  memory_min          bigint,
  memory_max          bigint,
  gpu_memory_n        bigint,
  gpu_memory_min      bigint,
  gpu_memory_max      bigint,
  cpu_n               bigint,
  cpu_sum             bigint,
  gpu_n               bigint,
  gpu_sum             bigint,
  input_tokens_n      bigint,
  input_tokens_sum    bigint,
  output_tokens_n     bigint,
  output_tokens_sum   bigint,
  cache_read_tokens_n bigint,
  cache_read_tokens_sum bigint,
  cache_write_tokens_n bigint,
  cache_write_tokens_sum bigint,
  reasoning_tokens_n  bigint,
  reasoning_tokens_sum bigint,
  day                 integer NOT NULL,
  model_id            integer,
  host_id             integer,
  cpu_min             smallint,
  cpu_max             smallint,
  gpu_min             smallint,
  gpu_max             smallint,
  kind                "char" NOT NULL,
  latency_sum         numeric,
  ttft_sum            numeric,
  throughput_sum      numeric,
  cost_sum            numeric,
  memory_sum          numeric,
  gpu_memory_sum      numeric,
  latency_sketch      bytea,
  ttft_sketch         bytea
) PARTITION BY RANGE (day);
COMMENT ON TABLE metric_minute IS 'What the records of a minute add up to, by agent, kind, model and host. Partial rows: readers add them';
COMMENT ON COLUMN metric_minute.bucket IS 'Begin of the minute (metric_hour: hour, metric_day: day), UTC';
COMMENT ON COLUMN metric_minute.pass IS 'Pass of the worker that added the row: see sums_progress';
COMMENT ON COLUMN metric_minute.records IS 'Records of this kind';
COMMENT ON COLUMN metric_minute.requests IS 'Sum of request_count, over requests_n records that have one; NULL is none';
COMMENT ON COLUMN metric_minute.errors IS 'Requests of records that are errors; NULL is 0';
COMMENT ON COLUMN metric_minute.latency_n IS 'Records with a latency; NULL beside a sum: all of them. The same of the other columns in _n';
COMMENT ON COLUMN metric_minute.latency_min IS 'Least latency in microseconds; NULL beside a sum: the sum. The same of the other columns in _min and _max';
COMMENT ON COLUMN metric_minute.priced_requests IS 'Requests whose cost is known; of corrections: records that they priced';
COMMENT ON COLUMN metric_minute.day IS 'Day of the pass, since 1970 UTC: the partition';
COMMENT ON COLUMN metric_minute.latency_sum IS 'In the unit of metric_record, as all sums. numeric, since a sum may be longer than its records';
COMMENT ON COLUMN metric_minute.latency_sketch IS 'Quantiles within 1 %: see sketch_of()';
CREATE INDEX metric_minute_agent_bucket ON metric_minute (agent_id, bucket);
CREATE INDEX metric_minute_pass ON metric_minute (pass);

CREATE TABLE metric_hour (LIKE metric_minute INCLUDING INDEXES INCLUDING COMMENTS) PARTITION BY RANGE (day);
COMMENT ON TABLE metric_hour IS 'What the records of an hour add up to; columns as those of metric_minute';
CREATE TABLE metric_day (LIKE metric_minute INCLUDING INDEXES INCLUDING COMMENTS) PARTITION BY RANGE (day);
COMMENT ON TABLE metric_day IS 'What the records of a day (UTC) add up to; columns as those of metric_minute';

CREATE TABLE sums_progress (
  level     text NOT NULL CHECK (level IN ('minute', 'hour', 'day')),
  pass      bigint NOT NULL,
  upto_xid  xid8,
  upto_pass bigint,
  day       integer NOT NULL,
  rows      bigint NOT NULL,
  made_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (level, pass),
  CHECK ((level = 'minute') = (upto_xid IS NOT NULL) AND (level = 'minute') = (upto_pass IS NULL))
);
COMMENT ON TABLE sums_progress IS 'One row per pass of the worker; the newest of a level says what its sums hold';
COMMENT ON COLUMN sums_progress.upto_xid IS 'Minutes: transactions below this one are counted';
COMMENT ON COLUMN sums_progress.upto_pass IS 'Hours: passes of minutes up to this one are rolled up. Days: passes of hours';
COMMENT ON COLUMN sums_progress.day IS 'Day of the pass, since 1970 UTC';

SELECT make_insert_only('metric_minute'), make_insert_only('metric_hour'), make_insert_only('metric_day'), make_insert_only('sums_progress');
GRANT SELECT, INSERT ON metric_minute, metric_hour, metric_day, sums_progress TO sentinel_worker;
GRANT SELECT ON metric_minute, metric_hour, metric_day, sums_progress TO sentinel_db_api, sentinel_read;

-- Partitions of a day, of 32 days and of 512 days of passes: what is kept shorter is cut finer.
CREATE FUNCTION sums_span(level text) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE level WHEN 'minute' THEN 1 WHEN 'hour' THEN 32 WHEN 'day' THEN 512 END
$$;
COMMENT ON FUNCTION sums_span(text) IS 'How many days of passes a partition of this level holds';

CREATE FUNCTION open_sums(level text, wanted integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp AS $$
DECLARE
  span   integer := sums_span(level);
  first  integer := wanted / span * span;
  parent text := 'metric_' || level;
  part   text := format('%s_d%s', parent, first);
BEGIN
  IF span IS NULL OR abs(wanted - extract(epoch FROM now())::bigint / 86400) > 2 THEN
    RAISE EXCEPTION 'there are no sums of level % for day %', level, wanted USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF to_regclass(part) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('sentinel.open_sums'));
  IF to_regclass(part) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING INDEXES INCLUDING COMMENTS)', part, parent);
  EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (day >= %s AND day < %s)', part, part || '_day', first, first + span);
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', parent, part, first, first + span);
  EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', part);
  EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_truncate, ENABLE ALWAYS TRIGGER refuse_change', part);
  EXECUTE format('GRANT SELECT, INSERT ON %I TO sentinel_worker', part);
  EXECUTE format('GRANT SELECT ON %I TO sentinel_db_api, sentinel_read', part);
END
$$;
COMMENT ON FUNCTION open_sums(text, integer) IS 'Makes the partition that passes of this day write to; does nothing when it exists';

CREATE FUNCTION sums_days(level text) RETURNS SETOF integer
LANGUAGE sql STABLE SET search_path = sentinel, pg_temp AS $$
  SELECT substring(c.relname FROM '\d+$')::integer
  FROM pg_inherits i
  JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = to_regclass('metric_' || level)
$$;
COMMENT ON FUNCTION sums_days(text) IS 'First days of the partitions of a level';

CREATE FUNCTION drop_sums(level text, expired integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp SET lock_timeout = '100ms' AS $$
BEGIN
  IF level = 'minute' AND expired > extract(epoch FROM now())::bigint / 86400 - 15
    OR level = 'hour' AND expired > extract(epoch FROM now())::bigint / 86400 - 5 * 366 OR level NOT IN ('minute', 'hour') THEN
    RAISE EXCEPTION 'sums of level % are kept longer than to day %', level, expired USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS %I', format('metric_%s_d%s', level, expired));
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END
$$;
COMMENT ON FUNCTION drop_sums(text, integer) IS 'Drops a partition of sums that are kept no longer; false when somebody uses it, to be tried again';

REVOKE ALL ON FUNCTION open_sums(text, integer), sums_days(text), drop_sums(text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_sums(text, integer), sums_days(text), drop_sums(text, integer) TO sentinel_worker;
