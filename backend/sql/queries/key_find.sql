-- $1: hash of the key. The key if it is neither revoked nor expired.
SELECT k.name, k.scope
FROM api_key k
WHERE k.hash = $1::bytea AND (k.expires_at IS NULL OR k.expires_at > now())
  AND NOT EXISTS (SELECT FROM api_key_revocation r WHERE r.key_id = k.key_id)
