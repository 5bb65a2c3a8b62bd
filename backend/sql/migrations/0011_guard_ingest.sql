-- What was refused on the way in, and a limit of its own for a key. Locks: adding a column without a default takes
-- ACCESS EXCLUSIVE on api_key for a moment; the rest is new.
ALTER TABLE api_key ADD COLUMN records_per_second integer CHECK (records_per_second >= 0);
COMMENT ON COLUMN api_key.records_per_second IS 'Records and events a second that a node takes with this key; 0 is any number, NULL is the setting of the node';

CREATE TABLE rejection (
  day          integer NOT NULL,
  rejection_id uuid NOT NULL,
  kind         uuid NOT NULL,
  subject      text NOT NULL CHECK (subject IN ('record', 'event', 'request')),
  code         text NOT NULL CHECK (length(code) BETWEEN 1 AND 100),
  agent        text NOT NULL CHECK (length(agent) <= 200),
  key_id       uuid,
  address      text NOT NULL CHECK (length(address) <= 100),
  field        text NOT NULL CHECK (length(field) <= 300),
  reason       text NOT NULL CHECK (length(reason) <= 500),
  count        bigint NOT NULL CHECK (count > 0),
  first_at     timestamptz NOT NULL,
  last_at      timestamptz NOT NULL,
  PRIMARY KEY (day, rejection_id)
) PARTITION BY LIST (day);
COMMENT ON TABLE rejection IS 'What a node refused for one reason in some seconds: records and events by the agent that they name, whole requests by the address they came from. Partitioned by the day of the newest of them';
COMMENT ON COLUMN rejection.kind IS 'A hash of what these have in common: rows of one kind, whatever node wrote them, are shown as one';
COMMENT ON COLUMN rejection.agent IS 'As sent, so that one that is not registered is found; empty where none was named';
COMMENT ON COLUMN rejection.key_id IS 'NULL where no known key was sent';
COMMENT ON COLUMN rejection.address IS 'Where the newest of them came from';
COMMENT ON COLUMN rejection.reason IS 'The sentence of the newest of them';
CREATE INDEX rejection_by_agent ON rejection (agent, last_at);
CREATE INDEX rejection_by_time ON rejection (last_at);

SELECT make_insert_only('rejection');
GRANT SELECT, INSERT ON rejection TO sentinel_metrics_api;
GRANT SELECT ON rejection TO sentinel_db_api, sentinel_worker, sentinel_read;

CREATE FUNCTION rejection_days() RETURNS SETOF integer
LANGUAGE sql STABLE SET search_path = sentinel, pg_temp AS $$
  SELECT substring(c.relname FROM '\d+$')::integer FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
  WHERE i.inhparent = 'rejection'::regclass
$$;
COMMENT ON FUNCTION rejection_days() IS 'Days, since 1970 UTC, whose refusals are still here';

CREATE FUNCTION open_rejection_day(wanted integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp AS $$
DECLARE
  today integer := extract(epoch FROM now())::bigint / 86400;
  part  text := format('rejection_d%s', wanted);
BEGIN
  IF wanted NOT BETWEEN today - 30 AND today + 2 THEN
    RAISE EXCEPTION 'day % is not within the last 30 days', wanted USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF to_regclass(part) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('sentinel.open_rejection_day'));
  IF to_regclass(part) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TABLE %I (LIKE rejection INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING COMMENTS)', part);
  EXECUTE format('ALTER TABLE %I ADD CONSTRAINT %I CHECK (day = %s)', part, part || '_day', wanted);
  EXECUTE format('ALTER TABLE rejection ATTACH PARTITION %I FOR VALUES IN (%s)', part, wanted);
  EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', part);
  EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_truncate, ENABLE ALWAYS TRIGGER refuse_change', part);
END
$$;
COMMENT ON FUNCTION open_rejection_day(integer) IS 'Makes the partition of a day of refusals; does nothing when it exists';
REVOKE ALL ON FUNCTION open_rejection_day(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_rejection_day(integer) TO sentinel_metrics_api;

CREATE FUNCTION drop_rejection_day(expired integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp SET lock_timeout = '100ms' AS $$
BEGIN
  IF expired > extract(epoch FROM now())::bigint / 86400 - 30 THEN
    RAISE EXCEPTION 'day % is not over for long enough', expired USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS %I', format('rejection_d%s', expired));
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END
$$;
COMMENT ON FUNCTION drop_rejection_day(integer) IS 'Drops the refusals of a day that is over; false when somebody reads them, to be tried again';
REVOKE ALL ON FUNCTION rejection_days(), drop_rejection_day(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rejection_days(), drop_rejection_day(integer) TO sentinel_worker;
