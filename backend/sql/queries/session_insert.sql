-- $1: hash of the token, $2: user, $3: address, $4: name of the user.
WITH opened AS (
  INSERT INTO user_session (hash, user_id, address) VALUES ($1::bytea, $2::uuid, $3::text) RETURNING session_id
), audit AS (
  INSERT INTO audit_event (actor, action, subject, detail)
  VALUES ($4::text, 'signed_in', $4::text, jsonb_build_object('address', $3::text, 'with', 'password'))
)
SELECT session_id FROM opened
