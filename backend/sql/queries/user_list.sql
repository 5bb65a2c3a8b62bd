-- $1: only names after this (keyset), or NULL; $2: only this user, or NULL; $3: at most so many. By name; the newest revision is in
-- force. Times are microseconds since 1970.
SELECT u.user_id, u.name, r.role, r.enabled, r.password_hash IS NOT NULL, (extract(epoch FROM u.created_at) * 1000000)::bigint,
  (SELECT (extract(epoch FROM max(s.created_at)) * 1000000)::bigint FROM user_session s WHERE s.user_id = u.user_id)
FROM app_user u
JOIN LATERAL (
  SELECT role, enabled, password_hash FROM app_user_revision WHERE user_id = u.user_id ORDER BY revision_id DESC LIMIT 1
) r ON true
WHERE ($1::text IS NULL OR u.name > $1::text) AND ($2::uuid IS NULL OR u.user_id = $2::uuid)
ORDER BY u.name
LIMIT $3
