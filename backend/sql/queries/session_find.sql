-- $1: hash of the token. The session if it is alive: touched within a day, not ended, of an enabled user; with the
-- microseconds since it was touched. Its events carry its id as their name, so that the index finds them at once.
SELECT u.name, r.role, s.user_id, s.session_id, r.password_hash IS NOT NULL,
  (extract(epoch FROM now() - greatest(s.created_at, t.created_at)) * 1000000)::bigint
FROM user_session s
JOIN app_user u ON u.user_id = s.user_id
JOIN LATERAL (
  SELECT role, enabled, password_hash FROM app_user_revision WHERE user_id = s.user_id ORDER BY revision_id DESC LIMIT 1
) r ON r.enabled
LEFT JOIN LATERAL (
  SELECT created_at FROM session_event
  WHERE user_id = s.user_id AND type = 'touched' AND name = s.session_id::text ORDER BY session_event_id DESC LIMIT 1
) t ON true
WHERE s.hash = $1::bytea
  AND greatest(s.created_at, t.created_at) > now() - interval '24 hours'
  AND NOT EXISTS (
    SELECT FROM session_event WHERE user_id = s.user_id AND type = 'ended' AND name = s.session_id::text
  )
