-- $1: agents as sent, by name or by id, or NULL for all; an empty text is "named none"; $2: from, $3: to (exclusive);
-- $4 and $5: only those behind this time (microseconds since 1970) and kind (keyset), or NULL; $6: at most so many.
WITH wanted AS (
  SELECT unnest($1::text[]) AS agent
  UNION
  SELECT name.agent FROM unnest($1::text[]) AS asked (text)
  JOIN agent a ON a.name = asked.text OR a.agent_id::text = lower(asked.text)
  CROSS JOIN LATERAL (VALUES (a.name), (a.agent_id::text)) AS name (agent)
), kinds AS (
  SELECT r.kind, min(r.subject) AS subject, min(r.code) AS code, min(r.agent) AS agent,
    (array_agg(r.key_id))[1] AS key_id,
    (array_agg(r.address ORDER BY r.last_at DESC))[1] AS address, min(r.field) AS field,
    (array_agg(r.reason ORDER BY r.last_at DESC))[1] AS reason, sum(r.count) AS count, min(r.first_at) AS first_at,
    (extract(epoch FROM max(r.last_at)) * 1000000)::bigint AS last_us
  FROM rejection r
  WHERE r.last_at >= $2 AND r.last_at < $3
    AND r.day BETWEEN floor(extract(epoch FROM $2::timestamptz) / 86400)::integer
      AND floor(extract(epoch FROM $3::timestamptz) / 86400)::integer
    AND ($1::text[] IS NULL OR r.agent IN (SELECT wanted.agent FROM wanted))
  GROUP BY r.kind
), page AS (
  SELECT * FROM kinds
  WHERE $4::bigint IS NULL OR (last_us, kind) < ($4::bigint, $5::uuid)
  ORDER BY last_us DESC, kind DESC
  LIMIT $6
)
SELECT page.agent,
  coalesce((SELECT a.agent_id FROM agent a WHERE a.name = page.agent),
    (SELECT a.agent_id FROM agent a WHERE a.agent_id =
      CASE WHEN page.agent ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN page.agent::uuid END)),
  k.name, page.address, page.subject, page.code, page.field, page.reason, page.count,
  (extract(epoch FROM page.first_at) * 1000000)::bigint, page.last_us, page.kind
FROM page
LEFT JOIN api_key k ON k.key_id = page.key_id
ORDER BY page.last_us DESC, page.kind DESC
