-- $1: user, $2: how many at most. The newest state of each view, by name.
SELECT DISTINCT ON (name) name, payload ->> 'path', payload ->> 'query'
FROM session_event WHERE user_id = $1::uuid AND type = 'view_saved'
ORDER BY name, session_event_id DESC LIMIT $2::integer
