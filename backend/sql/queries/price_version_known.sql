-- $1: version. Whether its prices are in the table.
SELECT EXISTS (SELECT FROM model_price WHERE source <> 'user' AND version = $1::text)
