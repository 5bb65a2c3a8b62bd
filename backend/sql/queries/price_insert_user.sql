-- $1: provider or '', $2: model as people read it, $3: rule, $4: valid from or NULL, $5 to $10: input, output, cache read,
-- cache write, one-hour cache write and reasoning in pico-dollars or NULL, $11: whether it ends the overrides of this
-- rule, $12: by whom. Gives the row.
WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtext('sentinel.model_price'))),
made AS (
  INSERT INTO model_price (source, provider, model, match, valid_from, input_picos, output_picos, cache_read_picos,
    cache_write_picos, cache_write_1h_picos, reasoning_picos, withdrawn, created_by)
  SELECT 'user', $1::text, $2::text, $3::jsonb, $4::timestamptz, $5::bigint, $6::bigint, $7::bigint, $8::bigint,
    $9::bigint, $10::bigint, $11::boolean, $12::text
  FROM turn
  RETURNING price_id
), audit AS (
  INSERT INTO audit_event (actor, action, subject, detail)
  SELECT $12::text, CASE WHEN $11::boolean THEN 'price_withdrawn' ELSE 'price_set' END, $2::text,
    jsonb_build_object('provider', $1::text, 'match', $3::jsonb, 'price_id', price_id)
  FROM made
)
SELECT price_id FROM made
