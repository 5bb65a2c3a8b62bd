-- Corrections are few, and are looked for beside every record without a price: by an index of their own.
-- Locks: while an index is made, its table is read once and takes no rows; what comes meanwhile is spooled.

CREATE INDEX metric_record_corrections ON metric_record (agent_id, ts) WHERE kind = 'c';
-- A chunk of corrections alone: 99 is ascii('c').
CREATE INDEX metric_hot_chunk_corrections ON metric_hot_chunk (agent_id, ts_max, ts_min) WHERE kind_base = 99 AND kind_unit IS NULL;
CREATE INDEX metric_chunk_corrections ON metric_chunk (agent_id, ts_max, ts_min) WHERE kind_base = 99 AND kind_unit IS NULL;

DO $$
DECLARE
  correct text[] := ARRAY['agent_id', 'ts', 'model_id', 'host_id', 'trace_id', 'span_id'];
  outputs text := string_agg(format('%I %s', attname, format_type(atttypid, NULL)), ', ' ORDER BY array_position(correct, attname::text))
    FROM pg_attribute WHERE attrelid = 'metric_record'::regclass AND attname = ANY (correct);
BEGIN
  EXECUTE format('CREATE OR REPLACE FUNCTION correction_records(agents uuid[], since timestamptz, until timestamptz, among integer[], beyond integer) RETURNS TABLE (%s)
    LANGUAGE sql STABLE PARALLEL SAFE AS %L', outputs,
    format('SELECT %s FROM metric_record m WHERE m.agent_id = ANY (agents) AND m.ts >= since AND m.ts < until AND m.kind = ''c''
        AND m.gen > coalesce((SELECT max(gen) FROM sealed_gen), 0)
      UNION ALL SELECT * FROM (%s) c WHERE c.ts >= since AND c.ts < until', array_to_string(correct, ', '),
      chunk_select('stored_chunk c WHERE (c.gen = ANY (among) OR c.gen > beyond) AND c.agent_id = ANY (agents) AND c.ts_max >= since
        AND c.ts_min < until AND c.kind_base = 99 AND c.kind_unit IS NULL', correct)));
END
$$;
