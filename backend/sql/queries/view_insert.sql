-- $1: session, $2: user, $3: name, $4: path, $5: query, $6: how many names a user may have. Writes nothing when this
-- would be one more.
INSERT INTO session_event (session_id, user_id, type, name, payload)
SELECT $1::uuid, $2::uuid, 'view_saved', $3::text, jsonb_build_object('path', $4::text, 'query', $5::text)
WHERE EXISTS (SELECT FROM session_event WHERE user_id = $2::uuid AND type = 'view_saved' AND name = $3::text)
  OR $6::integer > (
    SELECT count(DISTINCT name) FROM session_event WHERE user_id = $2::uuid AND type = 'view_saved'
  )
