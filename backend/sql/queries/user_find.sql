-- $1: name. The newest revision is in force.
SELECT u.name, r.role, u.user_id, r.enabled, r.password_hash
FROM app_user u
JOIN LATERAL (
  SELECT role, enabled, password_hash FROM app_user_revision WHERE user_id = u.user_id ORDER BY revision_id DESC LIMIT 1
) r ON true
WHERE u.name = $1
