-- $1: name or NULL, $2: key or NULL, $3: by whom. Every key of that name, or that key, that is not revoked yet.
WITH revoked AS (
  INSERT INTO api_key_revocation (key_id, revoked_by)
  SELECT key_id, $3::text FROM api_key WHERE name = $1::text OR key_id = $2::uuid
  ON CONFLICT DO NOTHING RETURNING key_id
)
INSERT INTO audit_event (actor, action, subject, detail)
SELECT $3::text, 'key_revoked', k.name, jsonb_build_object('key_id', key_id) FROM revoked JOIN api_key k USING (key_id)
