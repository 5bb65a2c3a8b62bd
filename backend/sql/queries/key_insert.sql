-- $1: hash of the key, $2: name, $3: scope, $4: agents or NULL, $5: by whom, $6: records a second or NULL, $7: until when, or NULL.
-- Gives its id. Writes nothing while a key of that name is in force.
WITH made AS (
  INSERT INTO api_key (hash, name, scope, agents, created_by, records_per_second, expires_at)
  SELECT $1::bytea, $2::text, $3::text, $4::text[], $5::text, $6::integer, $7::timestamptz
  WHERE NOT EXISTS (
    SELECT FROM api_key k WHERE k.name = $2::text AND (k.expires_at IS NULL OR k.expires_at > now())
      AND NOT EXISTS (SELECT FROM api_key_revocation r WHERE r.key_id = k.key_id)
  )
  RETURNING key_id, name
), audit AS (
  INSERT INTO audit_event (actor, action, subject, detail)
  SELECT $5::text, 'key_created', name, jsonb_build_object('scope', $3::text, 'agents', $4::text[])
    || CASE WHEN $6::integer IS NULL THEN '{}' ELSE jsonb_build_object('records_per_second', $6::integer) END
    || CASE WHEN $7::timestamptz IS NULL THEN '{}' ELSE jsonb_build_object('expires_at', $7::timestamptz) END
  FROM made
)
SELECT key_id FROM made
