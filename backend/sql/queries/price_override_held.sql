-- $1: provider or '', $2: rule. Whether an override of these is in the table and not withdrawn.
SELECT coalesce((
  SELECT NOT withdrawn FROM model_price
  WHERE source = 'user' AND provider = $1::text AND match = $2::jsonb
  ORDER BY price_id DESC LIMIT 1), false)
