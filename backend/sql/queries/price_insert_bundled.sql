-- $1: data/model_prices.json. Inserts its prices, or nothing when that version is there; two at once are as one.
WITH turn AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtext('sentinel.model_price')))
INSERT INTO model_price (source, version, published_on, position, provider, model, match, valid_from, hours_from_s,
  hours_until_s, input_picos, output_picos, cache_read_picos, cache_write_picos, cache_write_1h_picos, reasoning_picos,
  input_audio_picos, request_picos, tiers, created_by)
SELECT book.doc ->> 'source', book.doc ->> 'version', (book.doc ->> 'published')::date, place, item ->> 'provider',
  item ->> 'model', item -> 'match', (item ->> 'from')::timestamptz, (item #>> '{hours,0}')::integer,
  (item #>> '{hours,1}')::integer, (item ->> 'input')::bigint, (item ->> 'output')::bigint,
  (item ->> 'cache_read')::bigint, (item ->> 'cache_write')::bigint, (item ->> 'cache_write_1h')::bigint,
  (item ->> 'reasoning')::bigint, (item ->> 'input_audio')::bigint, (item ->> 'request')::bigint, item -> 'tiers',
  'sentinel'
FROM turn, (SELECT $1::jsonb AS doc) book, jsonb_array_elements(book.doc -> 'prices') WITH ORDINALITY AS listed (item, place)
ON CONFLICT (version, position) WHERE source <> 'user' DO NOTHING
