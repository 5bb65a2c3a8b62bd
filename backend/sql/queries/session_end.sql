-- $1: session, $2: user, $3: name of the user.
WITH ended AS (
  INSERT INTO session_event (session_id, user_id, type, name) VALUES ($1::uuid, $2::uuid, 'ended', $1::uuid::text)
)
INSERT INTO audit_event (actor, action, subject) VALUES ($3::text, 'signed_out', $3::text)
