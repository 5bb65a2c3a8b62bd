-- Sums of the fleet: what all agents together add up to in a minute, an hour and a day (UTC), by kind and model, so that a chart
-- of all of them reads no row of each. The worker rolls them up from the sums of agents, pass by pass (decision 19); what it has
-- not taken yet is read there. Locks: sums_progress for a moment; the rest is new or replaced.
CREATE TABLE metric_fleet_minute (LIKE metric_minute INCLUDING COMMENTS) PARTITION BY RANGE (day);
ALTER TABLE metric_fleet_minute DROP COLUMN agent_id, DROP COLUMN host_id;
COMMENT ON TABLE metric_fleet_minute IS 'What the records of all agents add up to in a minute, by kind and model; columns as those of metric_minute. Partial rows: readers add them';
COMMENT ON COLUMN metric_fleet_minute.pass IS 'Pass of minutes (metric_fleet_hour: hours, metric_fleet_day: days) whose rows it adds up';
COMMENT ON COLUMN metric_fleet_minute.day IS 'Day when it was added, since 1970 UTC: the partition';
CREATE INDEX metric_fleet_minute_bucket ON metric_fleet_minute (bucket);
CREATE INDEX metric_fleet_minute_pass ON metric_fleet_minute (pass);

CREATE TABLE metric_fleet_hour (LIKE metric_fleet_minute INCLUDING INDEXES INCLUDING COMMENTS) PARTITION BY RANGE (day);
COMMENT ON TABLE metric_fleet_hour IS 'What the records of all agents add up to in an hour; columns as those of metric_fleet_minute';
CREATE TABLE metric_fleet_day (LIKE metric_fleet_minute INCLUDING INDEXES INCLUDING COMMENTS) PARTITION BY RANGE (day);
COMMENT ON TABLE metric_fleet_day IS 'What the records of all agents add up to in a day (UTC); columns as those of metric_fleet_minute';

SELECT make_insert_only('metric_fleet_minute'), make_insert_only('metric_fleet_hour'), make_insert_only('metric_fleet_day');
GRANT SELECT, INSERT ON metric_fleet_minute, metric_fleet_hour, metric_fleet_day TO sentinel_worker;
GRANT SELECT ON metric_fleet_minute, metric_fleet_hour, metric_fleet_day TO sentinel_db_api, sentinel_read;

ALTER TABLE sums_progress
  DROP CONSTRAINT sums_progress_level_check,
  DROP CONSTRAINT sums_progress_check,
  ADD CONSTRAINT sums_progress_level_check CHECK (level ~ '^(custom_|fleet_)?(minute|hour|day)$'),
  ADD CONSTRAINT sums_progress_check CHECK ((level IN ('minute', 'custom_minute')) = (upto_xid IS NOT NULL) AND (upto_xid IS NULL) = (upto_pass IS NOT NULL));
COMMENT ON COLUMN sums_progress.level IS 'Of the sums of columns; with custom_ in front, of those of custom metrics; with fleet_, of those of all agents';
COMMENT ON COLUMN sums_progress.upto_pass IS 'Hours: passes of minutes up to this one are rolled up. Days: passes of hours. Of the fleet: passes of the same level';
COMMENT ON COLUMN sums_progress.day IS 'Day of the pass, since 1970 UTC; of the fleet, that of the newest pass it took';

CREATE OR REPLACE FUNCTION sums_span(level text) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE regexp_replace(level, '^(custom|fleet)_', '') WHEN 'minute' THEN 1 WHEN 'hour' THEN 32 WHEN 'day' THEN 512 END
$$;

CREATE OR REPLACE FUNCTION drop_sums(level text, expired integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  today bigint := extract(epoch FROM now())::bigint / 86400;
  kept  bigint := CASE WHEN level ~ '^(custom_|fleet_)?minute$' THEN 15 WHEN level ~ '^(custom_|fleet_)?hour$' THEN 5 * 366 END;
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
