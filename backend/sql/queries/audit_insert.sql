-- $1: who, $2: did what, $3: to whom or what, $4: detail as JSON.
INSERT INTO audit_event (actor, action, subject, detail) VALUES ($1, $2, $3, $4::jsonb)
