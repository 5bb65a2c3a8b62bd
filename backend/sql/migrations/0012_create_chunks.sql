-- Records as arrays, each column an array, many records of an agent a row. Where a commit brings enough records of one
-- agent they go into metric_hot_chunk (docs/architecture/decisions/0013). A generation that is over is sealed: all its
-- records go into metric_chunk, and one row of sealed_gen makes readers take them from there (decision 0015). Locks: all of
-- it is new; open_generation() and what it calls are replaced.
--
-- An integer column c is stored as c_base + c_unit * offset, the offsets in the narrowest of c_int2, c_int4 and c_int8 that
-- holds them all. Without a unit every record has c_base, which is NULL where none was measured. A NULL offset is a NULL.
CREATE TABLE metric_hot_chunk (
  agent_id   uuid NOT NULL,
  ts_min     timestamptz NOT NULL,
  ts_max     timestamptz NOT NULL,
  xid        xid8 NOT NULL DEFAULT pg_current_xact_id(),
  gen        integer NOT NULL,
  records    integer NOT NULL CHECK (records BETWEEN 1 AND 16384),
  ts_unit    bigint NOT NULL,
  ts_int2    smallint[],
  ts_int4    integer[],
  ts_int8    bigint[],
  span_id    bigint[],
  trace_id   uuid[],
  custom     jsonb[],
  attributes jsonb[],
  CHECK (coalesce(cardinality(ts_int2), cardinality(ts_int4), cardinality(ts_int8), 0) = records AND ts_min <= ts_max),
  CHECK (cardinality(span_id) = records AND cardinality(trace_id) = records AND cardinality(custom) = records
    AND cardinality(attributes) = records)
) PARTITION BY LIST (gen);
COMMENT ON TABLE metric_hot_chunk IS 'Records of one agent that were committed together, one row, every column an array; sorted by ts, then by arrival. A chunk holds corrections alone, or none. The view record shows them as rows';
COMMENT ON COLUMN metric_hot_chunk.ts_min IS 'Of its first record';
COMMENT ON COLUMN metric_hot_chunk.ts_max IS 'Of its last record';
COMMENT ON COLUMN metric_hot_chunk.xid IS 'Readers that follow commits go by this, below pg_snapshot_xmin';
COMMENT ON COLUMN metric_hot_chunk.gen IS 'Arrival generation: the partition, not a time';
COMMENT ON COLUMN metric_hot_chunk.records IS 'How many';
COMMENT ON COLUMN metric_hot_chunk.ts_unit IS 'Microseconds. A record''s time is ts_min + ts_unit * offset';
COMMENT ON COLUMN metric_hot_chunk.ts_int2 IS 'Offsets of ts, where all fit 16 bits';
COMMENT ON COLUMN metric_hot_chunk.ts_int4 IS 'Offsets of ts, where all fit 32 bits';
COMMENT ON COLUMN metric_hot_chunk.ts_int8 IS 'Offsets of ts, where they need more';
COMMENT ON COLUMN metric_hot_chunk.agent_id IS 'Of all of its records';
COMMENT ON COLUMN metric_hot_chunk.span_id IS 'NULL where no record has one';
COMMENT ON COLUMN metric_hot_chunk.trace_id IS 'NULL where no record has one';
COMMENT ON COLUMN metric_hot_chunk.custom IS 'NULL where no record has any';
COMMENT ON COLUMN metric_hot_chunk.attributes IS 'NULL where no record has any';

DO $$
DECLARE
  integers text[] := ARRAY['latency_us', 'ttft_us', 'throughput_millirpm', 'cost_nanos', 'memory_bytes', 'gpu_memory_bytes',
    'request_count', 'model_id', 'host_id', 'process_id', 'input_tokens', 'output_tokens', 'cache_read_tokens',
    'cache_write_tokens', 'reasoning_tokens', 'cpu_centipercent', 'gpu_centipercent', 'gpu_count', 'kind', 'cost_source',
    'error'];
  lz4      boolean := 'lz4' = ANY (enumvals) FROM pg_settings WHERE name = 'default_toast_compression';
  meaning  text;
  c        text;
BEGIN
  FOREACH c IN ARRAY integers LOOP
    EXECUTE format('ALTER TABLE metric_hot_chunk ADD %1$I bigint, ADD %2$I bigint, ADD %3$I smallint[], ADD %4$I integer[],
      ADD %5$I bigint[], ADD CHECK (coalesce(cardinality(%3$I), cardinality(%4$I), cardinality(%5$I),
        CASE WHEN %2$I IS NULL THEN records ELSE 0 END) = records)',
      c || '_base', c || '_unit', c || '_int2', c || '_int4', c || '_int8');
    meaning := CASE c WHEN 'kind' THEN ', as the ASCII code of its letter' WHEN 'cost_source' THEN ', as the ASCII code of its letter'
      WHEN 'error' THEN ', 1 for true' ELSE '' END;
    EXECUTE format('COMMENT ON COLUMN metric_hot_chunk.%I IS %L', c || '_base', c || ' of all records, or what its offsets count from' || meaning);
    EXECUTE format('COMMENT ON COLUMN metric_hot_chunk.%I IS %L', c || '_unit', 'What the offsets of ' || c || ' are multiples of; NULL where all records have ' || c || '_base');
    EXECUTE format('COMMENT ON COLUMN metric_hot_chunk.%I IS %L', c || '_int2', 'Offsets of ' || c || ', where all fit 16 bits');
    EXECUTE format('COMMENT ON COLUMN metric_hot_chunk.%I IS %L', c || '_int4', 'Offsets of ' || c || ', where all fit 32 bits');
    EXECUTE format('COMMENT ON COLUMN metric_hot_chunk.%I IS %L', c || '_int8', 'Offsets of ' || c || ', where they need more');
  END LOOP;
  IF lz4 THEN
    FOR c IN SELECT attname FROM pg_attribute WHERE attrelid = 'metric_hot_chunk'::regclass AND attnum > 0 AND attndims > 0 LOOP
      EXECUTE format('ALTER TABLE metric_hot_chunk ALTER %I SET COMPRESSION lz4', c);
    END LOOP;
  END IF;
END
$$;
CREATE INDEX metric_hot_chunk_agent_ts ON metric_hot_chunk (agent_id, ts_max, ts_min);

-- The sealed form has the same columns.
CREATE TABLE metric_chunk (LIKE metric_hot_chunk INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING COMMENTS INCLUDING COMPRESSION)
PARTITION BY LIST (gen);
COMMENT ON TABLE metric_chunk IS 'Sealed records: as metric_hot_chunk, of generations that sealed_gen names. A generation that is being sealed is not read yet';

CREATE TABLE closed_gen (
  gen       integer PRIMARY KEY,
  xid       xid8 NOT NULL DEFAULT pg_current_xact_id(),
  closed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE closed_gen IS 'Generations that take no records any more';
COMMENT ON COLUMN closed_gen.xid IS 'Whoever wrote to the generation has a smaller transaction id';

CREATE TABLE sealed_gen (
  gen       integer PRIMARY KEY,
  records   bigint NOT NULL,
  chunks    bigint NOT NULL,
  checksum  numeric NOT NULL,
  ts_min    timestamptz,
  ts_max    timestamptz,
  xid       xid8 NOT NULL DEFAULT pg_current_xact_id(),
  sealed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sealed_gen IS 'Sealed generations, one after the other. Records of those up to the newest are read from metric_chunk, others from metric_record and metric_hot_chunk';
COMMENT ON COLUMN sealed_gen.checksum IS 'Sum of the hashes of all records: see record_checksum in sealing';
COMMENT ON COLUMN sealed_gen.xid IS 'Older snapshots still read the rows: they are dropped when none is left';

SELECT make_insert_only('metric_hot_chunk'), make_insert_only('metric_chunk'), make_insert_only('closed_gen'), make_insert_only('sealed_gen');
GRANT SELECT, INSERT ON metric_hot_chunk TO sentinel_metrics_api;
GRANT SELECT, INSERT ON metric_chunk, sealed_gen TO sentinel_worker;
GRANT SELECT ON metric_hot_chunk, metric_chunk, closed_gen, sealed_gen TO sentinel_metrics_api, sentinel_db_api, sentinel_worker, sentinel_read;

-- What readers see of both kinds of chunks. `place` is where a chunk is in its table.
CREATE VIEW stored_chunk AS
  SELECT ctid AS place, * FROM metric_hot_chunk WHERE gen > coalesce((SELECT max(gen) FROM sealed_gen), 0)
  UNION ALL
  SELECT ctid, * FROM metric_chunk WHERE gen <= coalesce((SELECT max(gen) FROM sealed_gen), 0);
COMMENT ON VIEW stored_chunk IS 'Chunks, each record of them once: of sealed generations those of metric_chunk, of others those of metric_hot_chunk';
GRANT SELECT ON stored_chunk TO sentinel_metrics_api, sentinel_db_api, sentinel_worker, sentinel_read;

-- As before, and a partition compresses as its parent does.
CREATE OR REPLACE FUNCTION make_generation_partition(parent text, wanted integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  part text := format('%s_g%s', parent, wanted);
BEGIN
  EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES INCLUDING COMMENTS INCLUDING COMPRESSION)', part, parent);
  EXECUTE format('ALTER TABLE %I ALTER COLUMN gen SET DEFAULT %s, ADD CONSTRAINT %I CHECK (gen = %s)', part, wanted, part || '_gen', wanted);
  -- ATTACH gives the partition the parent's row trigger, but not the one against TRUNCATE.
  EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%s)', parent, part, wanted);
  EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', part);
  EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_truncate, ENABLE ALWAYS TRIGGER refuse_change', part);
  EXECUTE format('GRANT SELECT ON %I TO sentinel_metrics_api, sentinel_db_api, sentinel_worker, sentinel_read', part);
  EXECUTE format('GRANT INSERT ON %I TO %I', part, CASE parent WHEN 'metric_chunk' THEN 'sentinel_worker' ELSE 'sentinel_metrics_api' END);
END
$$;

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
  PERFORM make_generation_partition('metric_record', wanted), make_generation_partition('metric_hot_chunk', wanted),
    make_generation_partition('metric_chunk', wanted), make_generation_partition('metric_point', wanted);
  INSERT INTO generation (gen) VALUES (wanted);
  RETURN wanted;
END
$$;
SELECT make_generation_partition('metric_hot_chunk', gen), make_generation_partition('metric_chunk', gen) FROM generation;

-- A writer that was slow to hear of the next generation tries again with that one (55000).
CREATE FUNCTION refuse_insert() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% takes no records any more', TG_TABLE_NAME
    USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Write to the newest generation.';
END
$$;
COMMENT ON FUNCTION refuse_insert() IS 'Trigger: refuses INSERT into a generation that is closed, with SQLSTATE 55000';

CREATE FUNCTION close_generation(wanted integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  part text;
BEGIN
  IF NOT EXISTS (SELECT FROM generation WHERE gen > wanted) THEN
    RAISE EXCEPTION 'generation % is the newest', wanted USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF EXISTS (SELECT FROM closed_gen WHERE gen = wanted) THEN
    RETURN true;
  END IF;
  -- Waits for those who write to it, and keeps no reader waiting. The transaction gets its id with the first trigger, when
  -- it has both locks: so every id that wrote to the generation is smaller.
  EXECUTE format('LOCK TABLE %I, %I IN SHARE ROW EXCLUSIVE MODE', 'metric_record_g' || wanted, 'metric_hot_chunk_g' || wanted);
  FOREACH part IN ARRAY ARRAY['metric_record_g', 'metric_hot_chunk_g'] LOOP
    part := part || wanted;
    EXECUTE format('CREATE TRIGGER refuse_insert BEFORE INSERT ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_insert()', part);
    EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER refuse_insert', part);
  END LOOP;
  INSERT INTO closed_gen (gen) VALUES (wanted);
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END
$$;
COMMENT ON FUNCTION close_generation(integer) IS 'Refuses further records of a generation that is not the newest; false when somebody writes to it, to be tried again';

-- What a sealing that was broken off left is dropped with its partition: nobody reads it.
CREATE FUNCTION reset_sealing(wanted integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp SET lock_timeout = '100ms' AS $$
BEGIN
  IF EXISTS (SELECT FROM sealed_gen WHERE gen = wanted) OR NOT EXISTS (SELECT FROM closed_gen WHERE gen = wanted) THEN
    RAISE EXCEPTION 'generation % is not being sealed', wanted USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE format('DROP TABLE %I', 'metric_chunk_g' || wanted);
  PERFORM make_generation_partition('metric_chunk', wanted);
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END
$$;
COMMENT ON FUNCTION reset_sealing(integer) IS 'Empties the sealed form of a generation that is not sealed yet; false when somebody is in the way, to be tried again';

-- DDL knows no snapshots: who began before the flip and comes to the rows after the drop would find nothing.
CREATE FUNCTION drop_unsealed(sealed integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp SET lock_timeout = '100ms' AS $$
DECLARE
  flip sealed_gen;
BEGIN
  SELECT * INTO flip FROM sealed_gen WHERE gen = sealed;
  IF flip IS NULL THEN
    RAISE EXCEPTION 'generation % is not sealed', sealed USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- Who may not see the snapshots of others waits for a day.
  IF NOT pg_has_role(current_user, 'pg_read_all_stats', 'usage') AND flip.sealed_at > now() - interval '1 day' THEN
    RETURN false;
  END IF;
  IF EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND age(backend_xmin) >= age(flip.xid::xid))
    OR EXISTS (SELECT FROM pg_prepared_xacts WHERE age(transaction) >= age(flip.xid::xid))
    OR EXISTS (SELECT FROM pg_replication_slots WHERE age(xmin) >= age(flip.xid::xid)) THEN
    RETURN false;
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS %I, %I', 'metric_record_g' || sealed, 'metric_hot_chunk_g' || sealed);
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END
$$;
COMMENT ON FUNCTION drop_unsealed(integer) IS 'Drops the rows and hot chunks of a sealed generation once no snapshot is older than its sealing; false until then';

CREATE FUNCTION records_kept() RETURNS interval
LANGUAGE sql STABLE SET search_path = sentinel, pg_temp AS $$
  SELECT max(retention_days) * interval '1 day' FROM (
    SELECT DISTINCT ON (agent_id) retention_days FROM configuration ORDER BY agent_id, version DESC
  ) in_force
$$;
COMMENT ON FUNCTION records_kept() IS 'For how long records are kept: the longest that is configured, for the fleet or an agent';

CREATE FUNCTION drop_sealed(expired integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = sentinel, pg_temp SET lock_timeout = '100ms' AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM sealed_gen WHERE gen = expired AND coalesce(ts_max, '-infinity') < now() - records_kept()) THEN
    RAISE EXCEPTION 'generation % holds records that are kept longer', expired USING ERRCODE = 'invalid_parameter_value';
  END IF;
  EXECUTE format('DROP TABLE IF EXISTS %I, %I', 'metric_chunk_g' || expired, 'metric_point_g' || expired);
  RETURN true;
EXCEPTION WHEN lock_not_available THEN
  RETURN false;
END
$$;
COMMENT ON FUNCTION drop_sealed(integer) IS 'Drops a sealed generation all of whose records are older than anybody keeps them; false when somebody reads it, to be tried again';

REVOKE ALL ON FUNCTION close_generation(integer), reset_sealing(integer), drop_unsealed(integer), drop_sealed(integer), records_kept() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION close_generation(integer), reset_sealing(integer), drop_unsealed(integer), drop_sealed(integer), records_kept() TO sentinel_worker;
-- By the migrating login: the owner of drop_unsealed() may give itself nothing.
RESET ROLE;
DO $$
BEGIN
  GRANT pg_read_all_stats TO sentinel_owner;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'sentinel_owner may not see the snapshots of others: what is sealed is dropped a day later';
END
$$;
SET LOCAL ROLE sentinel_owner;

-- What a record of a chunk holds. They have no SET and are not STRICT, so that the planner takes them apart.
CREATE FUNCTION chunk_value(base bigint, unit bigint, int2 smallint, int4 integer, int8 bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN unit IS NULL THEN base ELSE base + unit * coalesce(int2, int4, int8) END
$$;
COMMENT ON FUNCTION chunk_value(bigint, bigint, smallint, integer, bigint) IS 'The value of an integer column from its base, its unit and one offset';

CREATE FUNCTION chunk_ts(first timestamptz, unit bigint, int2 smallint, int4 integer, int8 bigint) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT first + unit * coalesce(int2, int4, int8) * interval '1 microsecond'
$$;
COMMENT ON FUNCTION chunk_ts(timestamptz, bigint, smallint, integer, bigint) IS 'The time of a record from ts_min, ts_unit and one offset';

-- The functions below read both forms as one. What a statement does not ask for must not be in its list: an unnest cannot be
-- left out by the planner. So each is written for the columns of its readers, by this.
CREATE FUNCTION chunk_select(source text, wanted text[]) RETURNS text
LANGUAGE sql STABLE SET search_path = sentinel, pg_temp AS $$
  SELECT format('SELECT %s FROM (SELECT c.agent_id, c.gen, %s FROM %s) c',
    string_agg(CASE
      WHEN name IN ('agent_id', 'gen') OR type IN ('uuid', 'jsonb') OR name = 'span_id' THEN name
      WHEN name = 'ts' THEN 'chunk_ts(ts_min, ts_unit, ts_int2, ts_int4, ts_int8) AS ts'
      ELSE format(CASE type WHEN 'boolean' THEN '%1$s = 1 AS %2$s' WHEN '"char"' THEN '%1$s::integer::"char" AS %2$s' ELSE '%1$s::%3$s AS %2$s' END,
        format('chunk_value(%1$s_base, %1$s_unit, %1$s_int2, %1$s_int4, %1$s_int8)', name), name, type)
    END, ', ' ORDER BY place),
    string_agg(CASE
      WHEN name IN ('agent_id', 'gen') THEN NULL
      WHEN type IN ('uuid', 'jsonb') OR name = 'span_id' THEN format('unnest(c.%1$s) AS %1$s', name)
      ELSE format('%2$s, c.%1$s_unit, unnest(c.%1$s_int2) AS %1$s_int2, unnest(c.%1$s_int4) AS %1$s_int4, unnest(c.%1$s_int8) AS %1$s_int8',
        name, CASE name WHEN 'ts' THEN 'c.ts_min' ELSE 'c.' || name || '_base' END)
    END, ', ' ORDER BY place), source)
  FROM (
    SELECT a.attname AS name, format_type(a.atttypid, NULL) AS type, array_position(wanted, a.attname::text) AS place
    FROM pg_attribute a WHERE a.attrelid = 'metric_record'::regclass AND a.attname = ANY (wanted)
  ) columns
$$;
COMMENT ON FUNCTION chunk_select(text, text[]) IS 'The text of a SELECT that shows chunks as rows: these columns of metric_record, from this source of chunks c';
REVOKE ALL ON FUNCTION chunk_select(text, text[]) FROM PUBLIC;

DO $$
DECLARE
  every   text[] := array_agg(attname::text ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = 'metric_record'::regclass AND attnum > 0;
  usage   text[] := ARRAY['agent_id', 'ts', 'kind', 'error', 'cost_source', 'cost_nanos', 'request_count', 'model_id', 'host_id',
    'trace_id', 'span_id', 'input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens', 'attributes'];
  correct text[] := ARRAY['agent_id', 'ts', 'model_id', 'host_id', 'trace_id', 'span_id'];
  recent  text[] := ARRAY['ts', 'kind', 'request_count', 'latency_us', 'throughput_millirpm', 'cost_nanos', 'cpu_centipercent',
    'gpu_centipercent', 'gpu_count', 'memory_bytes', 'gpu_memory_bytes'];
  ranged  text := 'stored_chunk c WHERE (c.gen = ANY (among) OR c.gen > beyond) AND (agents IS NULL OR c.agent_id = ANY (agents)) AND c.ts_max >= since AND c.ts_min < until';
  -- Where the agents are those of another row, an index finds them by this alone.
  indexed text := 'stored_chunk c WHERE (c.gen = ANY (among) OR c.gen > beyond) AND c.agent_id = ANY (agents) AND c.ts_max >= since AND c.ts_min < until';
  -- The newest chunks that hold so many records.
  newest  text := '(SELECT *, sum(records) OVER (ORDER BY ts_max DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newer
    FROM metric_hot_chunk WHERE agent_id = agent AND ts_max > since) c WHERE (c.newer < at_most) IS NOT FALSE';
  unsealed text := 'gen > coalesce((SELECT max(gen) FROM sealed_gen), 0)';
  outputs text;
BEGIN
  EXECUTE format('CREATE VIEW record AS SELECT %s FROM metric_record WHERE %s UNION ALL %s', array_to_string(every, ', '), unsealed,
    chunk_select('stored_chunk c', every));

  outputs := string_agg(format('%I %s', attname, format_type(atttypid, NULL)), ', ' ORDER BY array_position(usage, attname::text))
    FROM pg_attribute WHERE attrelid = 'metric_record'::regclass AND attname = ANY (usage);
  EXECUTE format('CREATE FUNCTION usage_records(agents uuid[], since timestamptz, until timestamptz, among integer[], beyond integer) RETURNS TABLE (%s)
    LANGUAGE sql STABLE PARALLEL SAFE AS %L', outputs,
    format('SELECT %s FROM metric_record m WHERE (agents IS NULL OR m.agent_id = ANY (agents)) AND m.ts >= since AND m.ts < until AND m.%s
      UNION ALL SELECT * FROM (%s) c WHERE c.ts >= since AND c.ts < until', array_to_string(usage, ', '), unsealed, chunk_select(ranged, usage)));

  outputs := string_agg(format('%I %s', attname, format_type(atttypid, NULL)), ', ' ORDER BY array_position(correct, attname::text))
    FROM pg_attribute WHERE attrelid = 'metric_record'::regclass AND attname = ANY (correct);
  EXECUTE format('CREATE FUNCTION correction_records(agents uuid[], since timestamptz, until timestamptz, among integer[], beyond integer) RETURNS TABLE (%s)
    LANGUAGE sql STABLE PARALLEL SAFE AS %L', outputs,
    format('SELECT %s FROM metric_record m WHERE m.agent_id = ANY (agents) AND m.ts >= since AND m.ts < until AND m.kind = ''c'' AND m.%s
      UNION ALL SELECT * FROM (%s) c WHERE c.ts >= since AND c.ts < until', array_to_string(correct, ', '), unsealed,
      chunk_select(indexed || ' AND c.kind_base = ascii(''c'') AND c.kind_unit IS NULL', correct)));

  outputs := string_agg(format('%I %s', attname, format_type(atttypid, NULL)), ', ' ORDER BY array_position(recent, attname::text))
    FROM pg_attribute WHERE attrelid = 'metric_record'::regclass AND attname = ANY (recent);
  EXECUTE format('CREATE FUNCTION recent_records(agent uuid, since timestamptz, at_most bigint) RETURNS TABLE (%s)
    LANGUAGE sql STABLE PARALLEL SAFE AS %L', outputs,
    format('SELECT * FROM ((SELECT %s FROM metric_record m WHERE m.agent_id = agent AND m.ts > since ORDER BY m.ts DESC LIMIT at_most)
      UNION ALL SELECT * FROM (%s) c WHERE c.ts > since) r ORDER BY ts DESC LIMIT at_most', array_to_string(recent, ', '), chunk_select(newest, recent)));
END
$$;
COMMENT ON VIEW record IS 'Every record as one row, whatever form it is stored in';
COMMENT ON FUNCTION usage_records(uuid[], timestamptz, timestamptz, integer[], integer) IS 'What costs are made of: records of these agents (NULL: all) from a time until before another, in these generations and all beyond that one';
COMMENT ON FUNCTION correction_records(uuid[], timestamptz, timestamptz, integer[], integer) IS 'Corrections (kind c) of these agents from a time until before another, in these generations and all beyond that one';
COMMENT ON FUNCTION recent_records(uuid, timestamptz, bigint) IS 'Records of an agent later than a time of the last six hours, newest first, at most so many (NULL: all); what is sealed is older';
GRANT SELECT ON record TO sentinel_metrics_api, sentinel_db_api, sentinel_worker, sentinel_read;

-- Of an agent that was silent for long the newest record is sealed; only then is it looked for there. In plpgsql, since a plan
-- over all sealed generations is worth keeping.
DO $do$
DECLARE
  of_chunk text := replace($$SELECT c.ts_max, value(host_id)::integer, value(kind)::integer = ascii('s') AND
       num_nonnulls(value(cpu_centipercent), value(gpu_centipercent), value(memory_bytes), value(gpu_memory_bytes)) > 0
     FROM CHUNKS c WHERE c.agent_id = agent ORDER BY c.ts_max DESC LIMIT 1$$, E'\n', ' ');
BEGIN
  of_chunk := regexp_replace(of_chunk, 'value\((\w+)\)',
    'chunk_value(c.\1_base, c.\1_unit, c.\1_int2[c.records], c.\1_int4[c.records], c.\1_int8[c.records])', 'g');
  EXECUTE format($$CREATE FUNCTION newest_record(agent uuid) RETURNS TABLE (ts timestamptz, host_id integer, sampled boolean)
    LANGUAGE plpgsql STABLE ROWS 1 AS %L$$, format($$
#variable_conflict use_column
BEGIN
  RETURN QUERY SELECT * FROM (
    (SELECT m.ts, m.host_id, m.kind = 's' AND num_nonnulls(m.cpu_centipercent, m.gpu_centipercent, m.memory_bytes, m.gpu_memory_bytes) > 0
     FROM metric_record m WHERE m.agent_id = agent ORDER BY m.ts DESC LIMIT 1)
    UNION ALL
    (%s)
  ) n ORDER BY n.ts DESC LIMIT 1;
  IF NOT FOUND THEN
    RETURN QUERY %s;
  END IF;
END
$$, replace(of_chunk, 'CHUNKS', 'metric_hot_chunk'), replace(of_chunk, 'CHUNKS', 'metric_chunk')));
END
$do$;
COMMENT ON FUNCTION newest_record(uuid) IS 'The newest record of an agent: when, on which host, and whether it measures a process';
