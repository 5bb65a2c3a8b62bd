-- $1: agents, or NULL for all; $2: from, $3: to (exclusive). Usage without a price by model, the most tokens first. One that
-- was priced later is told by a correction (kind c), whose tokens are its record's.
SELECT coalesce(m.provider, ''), coalesce(m.name, ''), u.requests, u.input_tokens, u.output_tokens
FROM (
  SELECT r.model_id,
    sum(CASE WHEN r.kind = 'c' THEN -(r.attributes ->> 'unpriced_records')::bigint ELSE coalesce(r.request_count, 1) END)
      AS requests,
    coalesce(sum(r.input_tokens), 0) AS input_tokens, coalesce(sum(r.output_tokens), 0) AS output_tokens
  FROM metric_record r
  WHERE ($1::uuid[] IS NULL OR r.agent_id = ANY ($1::uuid[])) AND r.ts >= $2::timestamptz AND r.ts < $3::timestamptz
    AND (r.cost_source = 'u' OR r.kind = 'c')
  GROUP BY r.model_id
) u
LEFT JOIN model m ON m.model_id = u.model_id
WHERE u.requests > 0
ORDER BY u.input_tokens + u.output_tokens DESC, 1, 2
