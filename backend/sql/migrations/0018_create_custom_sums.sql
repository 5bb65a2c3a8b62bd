-- Sums of custom metrics: what the values of one name of an agent add up to in a minute, an hour and a day (UTC). They are made
-- and read as those of the columns are (0013, decision 14), by passes of their own (decision 17). Locks: sums_progress for a moment;
-- the rest is new or replaced.
CREATE TABLE metric_custom_minute (
  agent_id  uuid NOT NULL,
  bucket    timestamptz NOT NULL,
  pass      bigint NOT NULL,
  value_n   bigint,
  day       integer NOT NULL,
  model_id  integer,
  host_id   integer,
  name      text NOT NULL,
  value_sum numeric NOT NULL,
  value_min numeric,
  value_max numeric
) PARTITION BY RANGE (day);
COMMENT ON TABLE metric_custom_minute IS 'What the values of a custom metric add up to in a minute, by agent, name, model and host. Partial rows: readers add them';
COMMENT ON COLUMN metric_custom_minute.bucket IS 'Begin of the minute (metric_custom_hour: hour, metric_custom_day: day), UTC';
COMMENT ON COLUMN metric_custom_minute.pass IS 'Pass of the worker that added the row: see sums_progress';
COMMENT ON COLUMN metric_custom_minute.value_n IS 'Records that have a value of this name; NULL is one';
COMMENT ON COLUMN metric_custom_minute.day IS 'Day of the pass, since 1970 UTC: the partition';
COMMENT ON COLUMN metric_custom_minute.name IS 'As in metric_record.custom';
COMMENT ON COLUMN metric_custom_minute.value_min IS 'Least value; NULL is value_sum. The same of value_max';
CREATE INDEX metric_custom_minute_agent_name_bucket ON metric_custom_minute (agent_id, name, bucket);
CREATE INDEX metric_custom_minute_pass ON metric_custom_minute (pass);

CREATE TABLE metric_custom_hour (LIKE metric_custom_minute INCLUDING INDEXES INCLUDING COMMENTS) PARTITION BY RANGE (day);
COMMENT ON TABLE metric_custom_hour IS 'What the values of a custom metric add up to in an hour; columns as those of metric_custom_minute';
CREATE TABLE metric_custom_day (LIKE metric_custom_minute INCLUDING INDEXES INCLUDING COMMENTS) PARTITION BY RANGE (day);
COMMENT ON TABLE metric_custom_day IS 'What the values of a custom metric add up to in a day (UTC); columns as those of metric_custom_minute';

SELECT make_insert_only('metric_custom_minute'), make_insert_only('metric_custom_hour'), make_insert_only('metric_custom_day');
GRANT SELECT, INSERT ON metric_custom_minute, metric_custom_hour, metric_custom_day TO sentinel_worker;
GRANT SELECT ON metric_custom_minute, metric_custom_hour, metric_custom_day TO sentinel_db_api, sentinel_read;

ALTER TABLE sums_progress
  DROP CONSTRAINT sums_progress_level_check,
  DROP CONSTRAINT sums_progress_check,
  ADD CONSTRAINT sums_progress_level_check CHECK (level IN ('minute', 'hour', 'day', 'custom_minute', 'custom_hour', 'custom_day')),
  ADD CONSTRAINT sums_progress_check CHECK ((level LIKE '%minute') = (upto_xid IS NOT NULL) AND (level LIKE '%minute') = (upto_pass IS NULL));
ALTER TABLE sums_progress ADD COLUMN complete_from timestamptz;
COMMENT ON COLUMN sums_progress.complete_from IS 'Of the first pass of minutes, where it left out what there was: times before this are not told by sums';
COMMENT ON COLUMN sums_progress.level IS 'Of the sums of columns; with custom_ in front, of those of custom metrics';

CREATE OR REPLACE FUNCTION sums_span(level text) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE replace(level, 'custom_', '') WHEN 'minute' THEN 1 WHEN 'hour' THEN 32 WHEN 'day' THEN 512 END
$$;

CREATE OR REPLACE FUNCTION drop_sums(level text, expired integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  today bigint := extract(epoch FROM now())::bigint / 86400;
  kept  bigint := CASE WHEN level IN ('minute', 'custom_minute') THEN 15 WHEN level IN ('hour', 'custom_hour') THEN 5 * 366 END;
BEGIN
  IF kept IS NULL OR expired > today - kept THEN
    RAISE EXCEPTION 'sums of level % are kept longer than to day %', level, expired USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS %I', format('metric_%s_d%s', level, expired));
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END
$$;
