-- What makes replays exact: one row per committed batch, one per record that carries a key. Both are partitioned by the
-- day of arrival (days since 1970 UTC), so that old ones leave as a whole.
CREATE TABLE ingest_batch (
  day         integer NOT NULL,
  writer      uuid NOT NULL,
  sequence    bigint NOT NULL,
  gen         integer,
  records     integer NOT NULL CHECK (records >= 0),
  ts_min      timestamptz,
  ts_max      timestamptz,
  agent_ids   uuid[] NOT NULL,
  xid         xid8 NOT NULL DEFAULT pg_current_xact_id(),
  received_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (day, writer, sequence)
) PARTITION BY LIST (day);
COMMENT ON TABLE ingest_batch IS 'One row per commit of a writer. A batch that is sent again is refused by the key, and so known to be stored';
COMMENT ON COLUMN ingest_batch.xid IS 'Readers that follow commits go by this, below pg_snapshot_xmin';
CREATE INDEX ingest_batch_xid ON ingest_batch (xid);

CREATE TABLE ingest_key (
  day      integer NOT NULL,
  key_hash uuid NOT NULL,
  PRIMARY KEY (day, key_hash)
) PARTITION BY LIST (day);
COMMENT ON TABLE ingest_key IS 'One row per record that carries a key: 16 bytes of hash over agent and key';

SELECT make_insert_only('ingest_batch'), make_insert_only('ingest_key');
GRANT SELECT, INSERT ON ingest_batch, ingest_key TO sentinel_metrics_api;
GRANT SELECT ON ingest_batch, ingest_key TO sentinel_db_api, sentinel_worker, sentinel_read;

CREATE FUNCTION open_ingest_day(wanted integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp AS $$
DECLARE
  parent text;
  part   text;
BEGIN
  IF abs(wanted - extract(epoch FROM now())::bigint / 86400) > 2 THEN
    RAISE EXCEPTION 'day % is not near today', wanted USING ERRCODE = 'invalid_parameter_value';
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
COMMENT ON FUNCTION open_ingest_day(integer) IS 'Makes the partitions of one day of arrival; does nothing when they exist';
REVOKE ALL ON FUNCTION open_ingest_day(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION open_ingest_day(integer) TO sentinel_metrics_api, sentinel_worker;
