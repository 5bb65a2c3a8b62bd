-- What people and Grafana ask in SQL (docs/api/sql.md), as functions of a range of time: one for each question, since an array
-- that is not asked for is not opened. Names instead of ids, units of the API. They are taken apart by the planner, like
-- tables, as long as their arguments are no subselects. All of it is new; takes no lock on what is there.

DO $$
DECLARE
  -- Agents by name; NULL: all.
  of_agents text := 'agent_id = ANY (ARRAY(SELECT w.agent_id FROM agent w WHERE agents IS NULL OR w.name = ANY (agents)))';
  sealed    text := 'coalesce((SELECT max(gen) FROM sealed_gen), 0)';
  -- The oldest generation that holds such records: those before it are not even opened.
  beginning text := 'coalesce((SELECT min(gen) FROM sealed_gen WHERE ts_max >= since), (SELECT max(gen) + 1 FROM sealed_gen), 0)';
  q         record;
  outputs   text;
  columns   text[];
BEGIN
  FOR q IN
    SELECT * FROM (VALUES
      ('latencies', 'agent text, ts timestamptz, model text, latency_ms float8, ttft_ms float8, failed boolean',
        ARRAY['model_id', 'latency_us', 'ttft_us', 'error', 'kind'],
        'r.latency_us / 1e3::float8, r.ttft_us / 1e3::float8, r.error', 'm',
        'r.kind = ''r'' AND r.latency_us IS NOT NULL',
        'Requests with a latency'),
      ('costs', 'agent text, ts timestamptz, provider text, model text, requests integer, cost_usd numeric, reported boolean',
        ARRAY['model_id', 'request_count', 'cost_nanos', 'cost_source', 'kind'],
        'coalesce(r.request_count, 0), r.cost_nanos / 1000000000.0, r.cost_source = ''r''', 'pm',
        'r.cost_nanos IS NOT NULL',
        'What was paid. Rows of 0 requests correct others: what was priced later. Sums are exact'),
      ('tokens', 'agent text, ts timestamptz, provider text, model text, input_tokens integer, output_tokens integer, cache_read_tokens integer, cache_write_tokens integer, reasoning_tokens integer',
        ARRAY['model_id', 'input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_tokens', 'reasoning_tokens', 'kind'],
        'r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.reasoning_tokens', 'pm',
        'r.kind = ''r'' AND num_nonnulls(r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.reasoning_tokens) > 0',
        'Tokens of requests; input_tokens hold those that were read from a cache or written to one'),
      ('resources', 'agent text, ts timestamptz, host text, process_id integer, cpu_percent float8, gpu_percent float8, gpus smallint, memory_mb float8, gpu_memory_mb float8',
        ARRAY['host_id', 'process_id', 'cpu_centipercent', 'gpu_centipercent', 'gpu_count', 'memory_bytes', 'gpu_memory_bytes', 'kind'],
        'r.process_id, r.cpu_centipercent / 1e2::float8, r.gpu_centipercent / 1e2::float8, r.gpu_count, r.memory_bytes / 1e6::float8, r.gpu_memory_bytes / 1e6::float8', 'h',
        'r.kind <> ''c'' AND num_nonnulls(r.cpu_centipercent, r.gpu_centipercent, r.memory_bytes, r.gpu_memory_bytes) > 0',
        'What agents use of their machines. Percent of what an agent may use; MB are 10^6 bytes'),
      ('requests', 'agent text, ts timestamptz, provider text, model text, host text, failed boolean, requests integer, latency_ms float8, ttft_ms float8, cost_usd numeric, input_tokens integer, output_tokens integer, trace_id text, span_id text, custom jsonb, attributes jsonb',
        ARRAY['model_id', 'host_id', 'error', 'request_count', 'latency_us', 'ttft_us', 'cost_nanos', 'input_tokens', 'output_tokens', 'trace_id', 'span_id', 'custom', 'attributes', 'kind'],
        'r.error, r.request_count, r.latency_us / 1e3::float8, r.ttft_us / 1e3::float8, r.cost_nanos / 1000000000.0, r.input_tokens, r.output_tokens, replace(r.trace_id::text, ''-'', ''''), lpad(to_hex(r.span_id), 16, ''0''), r.custom, r.attributes', 'pmh',
        'r.kind = ''r''',
        'Requests, to list them; to add them up the others read less')
    ) AS question (name, outputs, columns, told, names, condition, comment)
  LOOP
    columns := ARRAY['agent_id', 'ts'] || q.columns;
    EXECUTE format('CREATE FUNCTION %I(since timestamptz, until timestamptz, agents text[] DEFAULT NULL) RETURNS TABLE (%s)
      LANGUAGE sql STABLE PARALLEL SAFE AS %L', q.name, q.outputs,
      format('SELECT a.name, r.ts, %s%s FROM (
          SELECT %s FROM metric_record r WHERE r.gen > %s AND r.%s AND r.ts >= since AND r.ts < until
          UNION ALL SELECT * FROM (%s) c WHERE c.ts >= since AND c.ts < until) r
        JOIN agent a ON a.agent_id = r.agent_id%s%s WHERE %s',
        concat_ws(', ',
          CASE WHEN q.names LIKE '%p%' THEN 'nullif(m.provider, '''')' END,
          CASE WHEN q.names LIKE '%m%' THEN 'm.name' END,
          CASE WHEN q.names LIKE '%h%' THEN 'h.name' END) || ', ',
        q.told, array_to_string(columns, ', '), sealed, of_agents,
        chunk_select(format('stored_chunk c WHERE c.gen >= %s AND c.%s AND c.ts_max >= since AND c.ts_min < until', beginning, of_agents), columns),
        CASE WHEN q.names LIKE '%m%' THEN ' LEFT JOIN model m ON m.model_id = r.model_id' END,
        CASE WHEN q.names LIKE '%h%' THEN ' LEFT JOIN host h ON h.host_id = r.host_id' END,
        q.condition));
    EXECUTE format('COMMENT ON FUNCTION %I(timestamptz, timestamptz, text[]) IS %L', q.name,
      q.comment || '. From a time until before another; of agents by name, NULL: all');
  END LOOP;
END
$$;

CREATE FUNCTION sketch_quantile(sketch bytea, fraction float8) RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT sketch_value(key) FROM (
    SELECT key, sum(values_in) OVER (ORDER BY key) AS upto, sum(values_in) OVER () AS all_of_them FROM sketch_entries(sketch)
  ) e WHERE upto > floor(fraction * (all_of_them - 1)) ORDER BY key LIMIT 1
$$;
COMMENT ON FUNCTION sketch_quantile(bytea, float8) IS 'Within 1 %. Sketches are put together with string_agg(sketch, ''''): sketch_quantile(string_agg(latency_sketch, ''''), 0.95)';

-- Sums of an agent's records by hour, kept for years. Hours that are rolled up, and minutes that are not yet: all but the last
-- minute. The rows of an hour are parts of it: whoever asks adds them up.
CREATE FUNCTION hourly(since timestamptz, until timestamptz, agents text[] DEFAULT NULL)
RETURNS TABLE (agent text, hour timestamptz, provider text, model text, host text, requests bigint, failed bigint, cost_usd numeric,
  unpriced_requests bigint, latency_n bigint, latency_ms_sum numeric, latency_us_sketch bytea, input_tokens bigint, output_tokens bigint,
  cpu_n bigint, cpu_percent_sum numeric, gpu_n bigint, gpu_percent_sum numeric, memory_n bigint, memory_mb_sum numeric)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT a.name, date_bin('1 hour', s.bucket, timestamptz 'epoch'), nullif(m.provider, ''), m.name, h.name,
    coalesce(s.requests, 0), coalesce(s.errors, 0), s.cost_sum / 1000000000.0, coalesce(s.unpriced_requests, 0),
    CASE WHEN s.latency_sum IS NOT NULL THEN coalesce(s.latency_n, s.records) ELSE 0 END, s.latency_sum / 1000.0, s.latency_sketch,
    s.input_tokens_sum, s.output_tokens_sum,
    CASE WHEN s.cpu_sum IS NOT NULL THEN coalesce(s.cpu_n, s.records) ELSE 0 END, s.cpu_sum / 100.0,
    CASE WHEN s.gpu_sum IS NOT NULL THEN coalesce(s.gpu_n, s.records) ELSE 0 END, s.gpu_sum / 100.0,
    CASE WHEN s.memory_sum IS NOT NULL THEN coalesce(s.memory_n, s.records) ELSE 0 END, s.memory_sum / 1000000.0
  FROM (
    SELECT * FROM metric_hour WHERE bucket >= since AND bucket < until
    UNION ALL
    SELECT * FROM metric_minute WHERE bucket >= since AND bucket < until
      AND pass > coalesce((SELECT upto_pass FROM sums_progress WHERE level = 'hour' ORDER BY pass DESC LIMIT 1), 0)
  ) s
  JOIN agent a ON a.agent_id = s.agent_id
  LEFT JOIN model m ON m.model_id = s.model_id
  LEFT JOIN host h ON h.host_id = s.host_id
  WHERE s.agent_id = ANY (ARRAY(SELECT w.agent_id FROM agent w WHERE agents IS NULL OR w.name = ANY (agents)))
$$;
COMMENT ON FUNCTION hourly(timestamptz, timestamptz, text[]) IS 'Sums by hour from a time until before another, both full hours, up to the last minute or two; several rows an hour, to be added up. Averages are sum by n';
