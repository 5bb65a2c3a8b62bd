-- $1: agents, or NULL for all; $2: from, $3: to (exclusive); $4 to $7: apart by agent, model, provider, day (UTC); $8: at
-- most so many groups. The dearest first. Costs are nano-dollars; a correction (kind c) carries the difference, and how many
-- records it priced.
WITH cells AS (
  SELECT CASE WHEN $4::boolean THEN r.agent_id END AS agent_id, r.model_id,
    CASE WHEN $7::boolean THEN date_bin('1 day', r.ts, timestamptz 'epoch') END AS day,
    sum(r.cost_nanos) AS cost_nanos,
    sum(coalesce(r.request_count, 1)) FILTER (WHERE r.kind = 'r') AS requests,
    sum(CASE WHEN r.kind = 'c' THEN (r.attributes ->> 'unpriced_records')::bigint
      WHEN r.cost_nanos IS NOT NULL THEN coalesce(r.request_count, 1) END) AS priced,
    sum(CASE WHEN r.kind = 'c' THEN -(r.attributes ->> 'unpriced_records')::bigint
      WHEN r.cost_source = 'u' THEN coalesce(r.request_count, 1) END) AS unpriced,
    sum(r.input_tokens) AS input_tokens, sum(r.output_tokens) AS output_tokens,
    sum(r.cache_read_tokens) AS cache_read_tokens, sum(r.cache_write_tokens) AS cache_write_tokens,
    sum(r.reasoning_tokens) AS reasoning_tokens
  FROM metric_record r
  WHERE ($1::uuid[] IS NULL OR r.agent_id = ANY ($1::uuid[])) AND r.ts >= $2::timestamptz AND r.ts < $3::timestamptz
    AND r.kind IN ('r', 'c')
  GROUP BY 1, 2, 3
), groups AS (
  SELECT c.agent_id, CASE WHEN $5::boolean OR $6::boolean THEN coalesce(m.provider, '') END AS provider,
    CASE WHEN $5::boolean THEN coalesce(m.name, '') END AS model, c.day,
    sum(c.cost_nanos) AS cost_nanos, sum(c.requests) AS requests, sum(c.priced) AS priced, sum(c.unpriced) AS unpriced,
    sum(c.input_tokens) AS input_tokens, sum(c.output_tokens) AS output_tokens,
    sum(c.cache_read_tokens) AS cache_read_tokens, sum(c.cache_write_tokens) AS cache_write_tokens,
    sum(c.reasoning_tokens) AS reasoning_tokens
  FROM cells c LEFT JOIN model m ON m.model_id = c.model_id
  GROUP BY 1, 2, 3, 4
)
SELECT g.agent_id, a.name, g.provider, g.model, to_char(g.day AT TIME ZONE 'UTC', 'YYYY-MM-DD'), g.cost_nanos,
  coalesce(g.requests, 0), coalesce(g.priced, 0), coalesce(g.unpriced, 0), coalesce(g.input_tokens, 0),
  coalesce(g.output_tokens, 0), coalesce(g.cache_read_tokens, 0), coalesce(g.cache_write_tokens, 0),
  coalesce(g.reasoning_tokens, 0)
FROM groups g LEFT JOIN agent a ON a.agent_id = g.agent_id
ORDER BY g.cost_nanos DESC NULLS LAST, g.day, a.name, g.provider, g.model
LIMIT $8::bigint
