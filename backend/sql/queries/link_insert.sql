-- $1: hash of the token, $2: name of the user, $3: by whom.
WITH made AS (
  INSERT INTO sign_in_link (hash, user_name, expires_at) VALUES ($1::bytea, $2::text, now() + interval '1 hour')
)
INSERT INTO audit_event (actor, action, subject) VALUES ($3::text, 'link_created', $2::text)
