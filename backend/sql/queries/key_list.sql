-- $1 and $2: only those behind this time (microseconds since 1970) and key (keyset), or NULL; $3: only this key, or NULL; $4: at
-- most so many. Newest first.
SELECT k.key_id, k.name, k.scope, coalesce(to_jsonb(k.agents), '[]'), k.records_per_second, k.created_us, k.created_by,
  (extract(epoch FROM k.expires_at) * 1000000)::bigint, (extract(epoch FROM r.revoked_at) * 1000000)::bigint, r.revoked_by
FROM (SELECT *, (extract(epoch FROM created_at) * 1000000)::bigint AS created_us FROM api_key) k
LEFT JOIN api_key_revocation r ON r.key_id = k.key_id
WHERE ($1::bigint IS NULL OR (k.created_us, k.key_id) < ($1::bigint, $2::uuid)) AND ($3::uuid IS NULL OR k.key_id = $3::uuid)
ORDER BY k.created_us DESC, k.key_id DESC
LIMIT $4
