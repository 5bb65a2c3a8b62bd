-- $1: user, $2: password hash, $3: name of the user, $4: the session to keep. Role and state stay as they are; the
-- user's other sessions end, if they are not over anyway.
WITH revision AS (
  INSERT INTO app_user_revision (user_id, role, password_hash, enabled, created_by)
  SELECT user_id, role, $2::text, enabled, $3::text FROM app_user_revision WHERE user_id = $1::uuid
  ORDER BY revision_id DESC LIMIT 1
), ended AS (
  INSERT INTO session_event (session_id, user_id, type, name)
  SELECT s.session_id, s.user_id, 'ended', s.session_id::text FROM user_session s
  WHERE s.user_id = $1::uuid AND s.session_id <> $4::uuid
    AND (s.created_at > now() - interval '24 hours' OR EXISTS (
      SELECT FROM session_event e WHERE e.user_id = s.user_id AND e.type = 'touched' AND e.name = s.session_id::text
        AND e.created_at > now() - interval '24 hours'
    ))
)
INSERT INTO audit_event (actor, action, subject) VALUES ($3::text, 'password_changed', $3::text)
