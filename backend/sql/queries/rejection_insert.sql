-- $1: JSON array of rows with ids of their own: sent again, they are written once.
INSERT INTO rejection (day, rejection_id, kind, subject, code, agent, key_id, address, field, reason, count, first_at, last_at)
SELECT day, rejection_id, kind, subject, code, agent, key_id, address, field, reason, count, first_at, last_at
FROM jsonb_to_recordset($1::jsonb) AS r (day integer, rejection_id uuid, kind uuid, subject text, code text, agent text,
  key_id uuid, address text, field text, reason text, count bigint, first_at timestamptz, last_at timestamptz)
ON CONFLICT DO NOTHING
