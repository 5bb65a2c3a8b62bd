-- $1: session, $2: user, $3: preferences to set, as an object; those that are null are taken back. Gives all that hold then, one a
-- row. Writes nothing when that is what held before.
WITH held AS (
  SELECT coalesce((
    SELECT payload FROM session_event WHERE user_id = $2::uuid AND type = 'preference_set' AND name = 'preferences'
    ORDER BY session_event_id DESC LIMIT 1), '{}') AS payload
), merged AS (
  SELECT jsonb_strip_nulls(payload || $3::jsonb) AS payload FROM held
), written AS (
  INSERT INTO session_event (session_id, user_id, type, name, payload)
  SELECT $1::uuid, $2::uuid, 'preference_set', 'preferences', merged.payload FROM merged, held
  WHERE merged.payload <> held.payload
)
SELECT key, value FROM merged, jsonb_each_text(payload)
