-- $1: name, $2: by whom. Every key of that name that is not revoked yet.
WITH revoked AS (
  INSERT INTO api_key_revocation (key_id, revoked_by)
  SELECT key_id, $2::text FROM api_key WHERE name = $1::text
  ON CONFLICT DO NOTHING RETURNING key_id
)
INSERT INTO audit_event (actor, action, subject, detail)
SELECT $2::text, 'key_revoked', $1::text, jsonb_build_object('key_id', key_id) FROM revoked
