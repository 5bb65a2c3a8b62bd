-- Keys and batches are looked up for yesterday and today only; older days leave as whole partitions. Locks: creating the
-- index reads ingest_batch, which is small until now; dropping a day waits at most 100 ms for ACCESS EXCLUSIVE on the
-- parent, and is tried again by the worker's next round.
CREATE INDEX ingest_batch_received ON ingest_batch USING brin (received_at) WITH (pages_per_range = 16, autosummarize = on);

CREATE FUNCTION drop_ingest_day(expired integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  parent text;
BEGIN
  -- A key counts for 24 hours, by clocks that may differ a little.
  IF expired > extract(epoch FROM now())::bigint / 86400 - 3 THEN
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
COMMENT ON FUNCTION drop_ingest_day(integer) IS 'Drops the partitions of a day of arrival that is over; false when somebody uses them, to be tried again';
REVOKE ALL ON FUNCTION drop_ingest_day(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_ingest_day(integer) TO sentinel_worker;
