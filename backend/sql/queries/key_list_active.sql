-- Every key that is neither revoked nor expired; expiry in microseconds since 1970.
SELECT encode(k.hash, 'hex'), k.key_id, k.name, k.scope, k.agents, k.may_register,
  (extract(epoch FROM k.expires_at) * 1000000)::bigint, k.records_per_second
FROM api_key k
WHERE (k.expires_at IS NULL OR k.expires_at > now())
  AND NOT EXISTS (SELECT FROM api_key_revocation r WHERE r.key_id = k.key_id)
