-- Records as arrays: where a commit brings enough records of one agent, they are one row here, each column an array
-- (docs/architecture/decisions/0013). Locks: all of it is new; open_generation() and what it calls are replaced.
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

SELECT make_insert_only('metric_hot_chunk');
GRANT SELECT, INSERT ON metric_hot_chunk TO sentinel_metrics_api;
GRANT SELECT ON metric_hot_chunk TO sentinel_db_api, sentinel_worker, sentinel_read;

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
  EXECUTE format('GRANT SELECT, INSERT ON %I TO sentinel_metrics_api', part);
  EXECUTE format('GRANT SELECT ON %I TO sentinel_db_api, sentinel_worker, sentinel_read', part);
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
    make_generation_partition('metric_point', wanted);
  INSERT INTO generation (gen) VALUES (wanted);
  RETURN wanted;
END
$$;
SELECT make_generation_partition('metric_hot_chunk', gen) FROM generation;

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
  ranged  text := 'metric_hot_chunk c WHERE (agents IS NULL OR c.agent_id = ANY (agents)) AND c.ts_max >= since AND c.ts_min < until';
  -- The newest chunks that hold so many records.
  newest  text := '(SELECT *, sum(records) OVER (ORDER BY ts_max DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS newer
    FROM metric_hot_chunk WHERE agent_id = agent AND ts_max > since) c WHERE (c.newer < at_most) IS NOT FALSE';
  outputs text;
BEGIN
  EXECUTE format('CREATE VIEW record AS SELECT %s FROM metric_record UNION ALL %s', array_to_string(every, ', '), chunk_select('metric_hot_chunk c', every));

  outputs := string_agg(format('%I %s', attname, format_type(atttypid, NULL)), ', ' ORDER BY array_position(usage, attname::text))
    FROM pg_attribute WHERE attrelid = 'metric_record'::regclass AND attname = ANY (usage);
  EXECUTE format('CREATE FUNCTION usage_records(agents uuid[], since timestamptz, until timestamptz) RETURNS TABLE (%s)
    LANGUAGE sql STABLE PARALLEL SAFE AS %L', outputs,
    format('SELECT %s FROM metric_record m WHERE (agents IS NULL OR m.agent_id = ANY (agents)) AND m.ts >= since AND m.ts < until
      UNION ALL SELECT * FROM (%s) c WHERE c.ts >= since AND c.ts < until', array_to_string(usage, ', '), chunk_select(ranged, usage)));

  outputs := string_agg(format('%I %s', attname, format_type(atttypid, NULL)), ', ' ORDER BY array_position(correct, attname::text))
    FROM pg_attribute WHERE attrelid = 'metric_record'::regclass AND attname = ANY (correct);
  EXECUTE format('CREATE FUNCTION correction_records(agents uuid[], since timestamptz, until timestamptz) RETURNS TABLE (%s)
    LANGUAGE sql STABLE PARALLEL SAFE AS %L', outputs,
    format('SELECT %s FROM metric_record m WHERE (agents IS NULL OR m.agent_id = ANY (agents)) AND m.ts >= since AND m.ts < until AND m.kind = ''c''
      UNION ALL SELECT * FROM (%s) c WHERE c.ts >= since AND c.ts < until', array_to_string(correct, ', '),
      chunk_select(ranged || ' AND c.kind_base = ascii(''c'') AND c.kind_unit IS NULL', correct)));

  outputs := string_agg(format('%I %s', attname, format_type(atttypid, NULL)), ', ' ORDER BY array_position(recent, attname::text))
    FROM pg_attribute WHERE attrelid = 'metric_record'::regclass AND attname = ANY (recent);
  EXECUTE format('CREATE FUNCTION recent_records(agent uuid, since timestamptz, at_most bigint) RETURNS TABLE (%s)
    LANGUAGE sql STABLE PARALLEL SAFE AS %L', outputs,
    format('SELECT * FROM ((SELECT %s FROM metric_record m WHERE m.agent_id = agent AND m.ts > since ORDER BY m.ts DESC LIMIT at_most)
      UNION ALL SELECT * FROM (%s) c WHERE c.ts > since) r ORDER BY ts DESC LIMIT at_most', array_to_string(recent, ', '), chunk_select(newest, recent)));
END
$$;
COMMENT ON VIEW record IS 'Every record as one row, whatever form it is stored in';
COMMENT ON FUNCTION usage_records(uuid[], timestamptz, timestamptz) IS 'What costs are made of: records of these agents (NULL: all) from a time until before another';
COMMENT ON FUNCTION correction_records(uuid[], timestamptz, timestamptz) IS 'Corrections (kind c) of these agents (NULL: all) from a time until before another';
COMMENT ON FUNCTION recent_records(uuid, timestamptz, bigint) IS 'Records of an agent later than a time, newest first, at most so many (NULL: all)';
GRANT SELECT ON record TO sentinel_metrics_api, sentinel_db_api, sentinel_worker, sentinel_read;

CREATE FUNCTION newest_record(agent uuid) RETURNS TABLE (ts timestamptz, host_id integer, sampled boolean)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT n.ts, n.host_id, n.kind = 's' AND n.sampled FROM (
    (SELECT m.ts, m.host_id, m.kind, num_nonnulls(m.cpu_centipercent, m.gpu_centipercent, m.memory_bytes, m.gpu_memory_bytes) > 0 AS sampled
     FROM metric_record m WHERE m.agent_id = agent ORDER BY m.ts DESC LIMIT 1)
    UNION ALL
    (SELECT c.ts_max, chunk_value(c.host_id_base, c.host_id_unit, c.host_id_int2[c.records], c.host_id_int4[c.records], c.host_id_int8[c.records])::integer,
       chunk_value(c.kind_base, c.kind_unit, c.kind_int2[c.records], c.kind_int4[c.records], c.kind_int8[c.records])::integer::"char",
       num_nonnulls(
         chunk_value(c.cpu_centipercent_base, c.cpu_centipercent_unit, c.cpu_centipercent_int2[c.records], c.cpu_centipercent_int4[c.records], c.cpu_centipercent_int8[c.records]),
         chunk_value(c.gpu_centipercent_base, c.gpu_centipercent_unit, c.gpu_centipercent_int2[c.records], c.gpu_centipercent_int4[c.records], c.gpu_centipercent_int8[c.records]),
         chunk_value(c.memory_bytes_base, c.memory_bytes_unit, c.memory_bytes_int2[c.records], c.memory_bytes_int4[c.records], c.memory_bytes_int8[c.records]),
         chunk_value(c.gpu_memory_bytes_base, c.gpu_memory_bytes_unit, c.gpu_memory_bytes_int2[c.records], c.gpu_memory_bytes_int4[c.records], c.gpu_memory_bytes_int8[c.records])) > 0
     FROM metric_hot_chunk c WHERE c.agent_id = agent ORDER BY c.ts_max DESC LIMIT 1)
  ) n ORDER BY n.ts DESC LIMIT 1
$$;
COMMENT ON FUNCTION newest_record(uuid) IS 'The newest record of an agent: when, on which host, and whether it measures a process';
