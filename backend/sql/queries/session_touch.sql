-- $1: session, $2: user, $3: seconds between two touches.
INSERT INTO session_event (session_id, user_id, type, name)
SELECT $1::uuid, $2::uuid, 'touched', $1::uuid::text
WHERE NOT EXISTS (
  SELECT FROM session_event WHERE user_id = $2::uuid AND type = 'touched' AND name = $1::uuid::text
    AND created_at > now() - $3::float8 * interval '1 second'
)
