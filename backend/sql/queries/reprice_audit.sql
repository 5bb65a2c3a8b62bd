-- $1: by whom, $2: agent's name or '', $3 and $4: range, $5: corrections added, $6: their sum in nano-dollars.
INSERT INTO audit_event (actor, action, subject, detail)
VALUES ($1::text, 'repriced', coalesce(nullif($2::text, ''), 'fleet'),
  jsonb_build_object('from', $3::timestamptz, 'to', $4::timestamptz, 'corrections', $5::bigint, 'change_nanos', $6::bigint))
