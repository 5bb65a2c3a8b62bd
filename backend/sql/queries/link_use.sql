-- $1: hash of the link, $2: hash of the new session's token, $3: address. Spends the link, makes its user as an admin
-- when there is none, and opens a session: all or nothing. No row: the link is not known, spent or expired, or its user
-- is disabled. Two links that make the same user at once: one fails as unique_violation, unspent.
WITH link AS (
  SELECT hash, user_name FROM sign_in_link WHERE hash = $1::bytea AND expires_at > now()
), known AS (
  SELECT u.user_id, r.role, r.password_hash IS NOT NULL AS has_password, r.enabled
  FROM link
  JOIN app_user u ON u.name = link.user_name
  JOIN LATERAL (
    SELECT role, password_hash, enabled FROM app_user_revision WHERE user_id = u.user_id
    ORDER BY revision_id DESC LIMIT 1
  ) r ON true
), used AS (
  INSERT INTO sign_in_link_use (hash) SELECT hash FROM link WHERE NOT EXISTS (SELECT FROM known WHERE NOT enabled)
  ON CONFLICT DO NOTHING RETURNING hash
), made AS (
  INSERT INTO app_user (name) SELECT user_name FROM link JOIN used USING (hash) WHERE NOT EXISTS (SELECT FROM known)
  RETURNING user_id
), revision AS (
  INSERT INTO app_user_revision (user_id, role, created_by) SELECT user_id, 'admin', 'sign-in link' FROM made
  RETURNING user_id, role
), person AS (
  SELECT user_id, role, has_password FROM known
  UNION ALL
  SELECT user_id, role, false FROM revision
), opened AS (
  INSERT INTO user_session (hash, user_id, address) SELECT $2::bytea, user_id, $3::text FROM person, used
  RETURNING session_id, user_id
), audit AS (
  INSERT INTO audit_event (actor, action, subject, detail)
  SELECT 'sign-in link', 'user_created', user_name, jsonb_build_object('role', 'admin') FROM link, made
  UNION ALL
  SELECT user_name, 'signed_in', user_name, jsonb_build_object('address', $3::text, 'with', 'link') FROM link, opened
)
SELECT link.user_name, person.role, opened.user_id, opened.session_id, person.has_password
FROM link, opened JOIN person USING (user_id)
