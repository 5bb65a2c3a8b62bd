-- $1: user. The newest preferences, one a row.
SELECT key, value
FROM jsonb_each_text((
  SELECT payload FROM session_event WHERE user_id = $1::uuid AND type = 'preference_set' AND name = 'preferences'
  ORDER BY session_event_id DESC LIMIT 1))
