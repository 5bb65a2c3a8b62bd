-- What models cost, as rows: the prices that come with a release, and the operator's own, which win. Locks: none that
-- anybody waits for; all of it is new.
CREATE TABLE model_price (
  price_id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  source               text NOT NULL CHECK (length(source) BETWEEN 1 AND 100),
  version              text NOT NULL DEFAULT '' CHECK (length(version) <= 100),
  published_on         date,
  position             integer,
  provider             text NOT NULL DEFAULT '' CHECK (length(provider) <= 200),
  model                text NOT NULL CHECK (length(model) BETWEEN 1 AND 200),
  match                jsonb NOT NULL CHECK (jsonb_typeof(match) = 'object'),
  valid_from           timestamptz,
  hours_from_s         integer CHECK (hours_from_s BETWEEN 0 AND 86400),
  hours_until_s        integer CHECK (hours_until_s BETWEEN 0 AND 86400),
  input_picos          bigint CHECK (input_picos >= 0),
  output_picos         bigint CHECK (output_picos >= 0),
  cache_read_picos     bigint CHECK (cache_read_picos >= 0),
  cache_write_picos    bigint CHECK (cache_write_picos >= 0),
  cache_write_1h_picos bigint CHECK (cache_write_1h_picos >= 0),
  reasoning_picos      bigint CHECK (reasoning_picos >= 0),
  input_audio_picos    bigint CHECK (input_audio_picos >= 0),
  request_picos        bigint CHECK (request_picos >= 0),
  tiers                jsonb CHECK (jsonb_typeof(tiers) = 'array'),
  withdrawn            boolean NOT NULL DEFAULT false,
  created_at           timestamptz NOT NULL DEFAULT now(),
  created_by           text NOT NULL,
  CHECK ((hours_from_s IS NULL) = (hours_until_s IS NULL)),
  CHECK ((source = 'user') = (position IS NULL)),
  CHECK (source = 'user' OR NOT withdrawn)
);
COMMENT ON TABLE model_price IS 'Prices of models in pico-dollars (1e-12 USD) per token. The bundled ones are those of the version that was inserted last; rows of source user win over them';
COMMENT ON COLUMN model_price.position IS 'Order within a bundled version: of a provider''s rules, the first that matches is taken';
COMMENT ON COLUMN model_price.provider IS 'Id of who sells it; empty in an override for all of them';
COMMENT ON COLUMN model_price.match IS 'Which names of models it is for: {"equals": …}, starts_with, ends_with, contains, regex (RE2), and, or, not';
COMMENT ON COLUMN model_price.valid_from IS 'NULL is ever since';
COMMENT ON COLUMN model_price.hours_from_s IS 'Second of the day, UTC, for prices by the hour';
COMMENT ON COLUMN model_price.input_picos IS 'NULL is no such price; 0 is free';
COMMENT ON COLUMN model_price.request_picos IS 'Per request, on top of its tokens';
COMMENT ON COLUMN model_price.tiers IS 'Rates that change for the whole request above so many tokens of input: [{"above": 200000, "input": …}]';
COMMENT ON COLUMN model_price.withdrawn IS 'Ends the overrides of the same provider and rule that came before';
-- Two that insert the same version at once: one waits for the other, and finds it done.
CREATE UNIQUE INDEX model_price_bundled ON model_price (version, position) WHERE source <> 'user';

SELECT make_insert_only('model_price');
GRANT SELECT ON model_price TO sentinel_metrics_api, sentinel_worker, sentinel_read;
GRANT SELECT, INSERT ON model_price TO sentinel_db_api;
