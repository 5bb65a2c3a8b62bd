-- $1: user, $2: role, $3: enabled, each NULL to stay as it is, $4: by whom. Starts from what is in force. A session of who is disabled
-- is found no more.
WITH revision AS (
  INSERT INTO app_user_revision (user_id, role, password_hash, enabled, created_by)
  SELECT user_id, coalesce($2::text, role), password_hash, coalesce($3::boolean, enabled), $4::text
  FROM app_user_revision WHERE user_id = $1::uuid ORDER BY revision_id DESC LIMIT 1
  RETURNING user_id, role, enabled
)
INSERT INTO audit_event (actor, action, subject, detail)
SELECT $4::text, 'user_changed', u.name, jsonb_build_object('role', r.role, 'enabled', r.enabled)
FROM revision r JOIN app_user u USING (user_id)
