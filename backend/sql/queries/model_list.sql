-- Every model that records named.
SELECT model_id, provider, name FROM model
