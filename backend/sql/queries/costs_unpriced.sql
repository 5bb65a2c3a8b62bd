-- $1: agents, or NULL for all; $2: from, $3: to (exclusive); $4 and $5: the generations this can be in, and all beyond that one. Usage
-- without a price by model, the most tokens first. What was
-- priced later has a correction (kind c) beside it.
SELECT coalesce(m.provider, ''), coalesce(m.name, ''), u.requests, u.input_tokens, u.output_tokens
FROM (
  SELECT r.model_id, sum(coalesce(r.request_count, 1)) AS requests,
    coalesce(sum(r.input_tokens), 0) AS input_tokens, coalesce(sum(r.output_tokens), 0) AS output_tokens
  FROM usage_records($1::uuid[], $2::timestamptz, $3::timestamptz, $4::integer[], $5::integer) r
  WHERE r.kind = 'r' AND r.cost_source = 'u'
    AND NOT EXISTS (SELECT FROM correction_records($1::uuid[], $2::timestamptz, $3::timestamptz, $4::integer[], $5::integer) c
      WHERE c.agent_id = r.agent_id AND c.ts = r.ts AND ROW(c.model_id, c.host_id, c.trace_id, c.span_id) IS NOT DISTINCT FROM
        ROW(r.model_id, r.host_id, r.trace_id, r.span_id))
  GROUP BY r.model_id
) u
LEFT JOIN model m ON m.model_id = u.model_id
ORDER BY u.input_tokens + u.output_tokens DESC, 1, 2
