-- $1: agent, $2 and $3: from and to, $4 and $5: the generations this can be in, and all beyond that one. A cursor over its
-- records whose cost was computed or is not known, and their corrections; those that nothing but their usage tells apart stand
-- together. The tokens of a correction are those of the records that it priced.
DECLARE reprice_records NO SCROLL CURSOR FOR
SELECT (extract(epoch FROM r.ts) * 1000000)::bigint, r.model_id, r.host_id, r.trace_id, r.span_id,
  coalesce(m.provider, ''), coalesce(m.name, ''), r.kind, coalesce(r.cost_nanos, 0), r.cost_source = 'u',
  coalesce((r.attributes ->> 'unpriced_records')::bigint, 0), r.request_count,
  CASE WHEN r.kind = 'c' THEN (r.attributes ->> 'unpriced_input_tokens')::bigint ELSE r.input_tokens END,
  CASE WHEN r.kind = 'c' THEN (r.attributes ->> 'unpriced_output_tokens')::bigint ELSE r.output_tokens END,
  r.cache_read_tokens, r.cache_write_tokens, r.reasoning_tokens
FROM usage_records(ARRAY[$1::uuid], $2::timestamptz, $3::timestamptz, $4::integer[], $5::integer) r LEFT JOIN model m ON m.model_id = r.model_id
WHERE r.cost_source IN ('c', 'u')
ORDER BY r.ts, r.model_id, r.host_id, r.trace_id, r.span_id
