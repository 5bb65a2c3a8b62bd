-- The price book as one JSON text in the form of data/model_prices.json: the bundled version that was inserted last, and
-- the overrides that are not withdrawn. No row when there are no prices.
WITH bundled AS (
  SELECT source, version, published_on FROM model_price WHERE source <> 'user' ORDER BY price_id DESC LIMIT 1
), held AS (
  SELECT p.*, 0 AS set_last FROM model_price p JOIN bundled b ON p.version = b.version AND p.source = b.source
  UNION ALL
  SELECT p.*, max(price_id) OVER (PARTITION BY provider, match) AS set_last FROM model_price p
  WHERE source = 'user' AND NOT EXISTS (
    SELECT FROM model_price w
    WHERE w.source = 'user' AND w.withdrawn AND w.provider = p.provider AND w.match = p.match AND w.price_id >= p.price_id)
)
SELECT jsonb_build_object('source', b.source, 'version', b.version, 'published', b.published_on,
  'newest', (SELECT max(price_id) FROM model_price),
  'prices', (
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
      'provider', provider, 'model', model, 'match', match,
      'from', to_char(valid_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
      'hours', CASE WHEN hours_from_s IS NOT NULL THEN jsonb_build_array(hours_from_s, hours_until_s) END,
      'input', input_picos, 'output', output_picos, 'cache_read', cache_read_picos, 'cache_write', cache_write_picos,
      'cache_write_1h', cache_write_1h_picos, 'reasoning', reasoning_picos, 'input_audio', input_audio_picos,
      'request', request_picos, 'tiers', tiers,
      'source', CASE WHEN source = 'user' THEN source END,
      'version', CASE WHEN source = 'user' THEN 'user-' || price_id END))
      ORDER BY set_last, position, valid_from NULLS FIRST, price_id)
    FROM held))::text
FROM bundled b
