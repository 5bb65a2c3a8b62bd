-- What waited in a spool comes back under the day of its first try, however long ago: days in the past may be opened, and
-- the four newest days of arrival stay, so that after a long outage the ids of the last batches before it can still be
-- asked. Locks: none beyond those of replacing a function.
CREATE FUNCTION ingest_days() RETURNS SETOF integer
LANGUAGE sql STABLE SET search_path = sentinel, pg_temp AS $$
  SELECT DISTINCT substring(c.relname FROM '\d+$')::integer AS day
  FROM pg_inherits i
  JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent IN ('ingest_batch'::regclass, 'ingest_key'::regclass)
$$;
COMMENT ON FUNCTION ingest_days() IS 'Days of arrival, since 1970 UTC, whose batches and keys are still here';

CREATE OR REPLACE FUNCTION open_ingest_day(wanted integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp AS $$
DECLARE
  today  integer := extract(epoch FROM now())::bigint / 86400;
  parent text;
  part   text;
BEGIN
  IF wanted NOT BETWEEN today - 400 AND today + 2 THEN
    RAISE EXCEPTION 'day % is not within the last 400 days', wanted USING ERRCODE = 'invalid_parameter_value';
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('sentinel.open_ingest_day'));
  FOREACH parent IN ARRAY ARRAY['ingest_batch', 'ingest_key'] LOOP
    part := format('%s_d%s', parent, wanted);
    CONTINUE WHEN to_regclass(part) IS NOT NULL;
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING COMMENTS)', part, parent);
    EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (day = %s)', part, part || '_day', wanted);
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%s)', parent, part, wanted);
    EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', part);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_truncate, ENABLE ALWAYS TRIGGER refuse_change', part);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO sentinel_metrics_api', part);
    EXECUTE format('GRANT SELECT ON %I TO sentinel_db_api, sentinel_worker, sentinel_read', part);
  END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION drop_ingest_day(expired integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  parent text;
BEGIN
  -- A key counts for 24 hours, by clocks that may differ a little.
  IF expired > extract(epoch FROM now())::bigint / 86400 - 3
     OR (SELECT count(*) FROM ingest_days() AS day WHERE day > expired) < 4 THEN
    RAISE EXCEPTION 'day % is not over for long enough', expired USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOREACH parent IN ARRAY ARRAY['ingest_batch', 'ingest_key'] LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I', format('%s_d%s', parent, expired));
  END LOOP;
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END
$$;
REVOKE ALL ON FUNCTION ingest_days() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ingest_days() TO sentinel_worker;
