-- $1: name, $2: role, $3: password hash or NULL, $4: by whom. Gives the id. A name that is taken fails as unique_violation.
WITH made AS (
  INSERT INTO app_user (name) VALUES ($1::text) RETURNING user_id
), revision AS (
  INSERT INTO app_user_revision (user_id, role, password_hash, created_by)
  SELECT user_id, $2::text, $3::text, $4::text FROM made
), audit AS (
  INSERT INTO audit_event (actor, action, subject, detail)
  VALUES ($4::text, 'user_created', $1::text, jsonb_build_object('role', $2::text))
)
SELECT user_id FROM made
