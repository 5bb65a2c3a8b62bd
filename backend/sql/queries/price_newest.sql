-- The newest row: whether the book has to be read again. Those who insert take turns, so that rows appear in the order of
-- their ids.
SELECT coalesce(max(price_id), 0) FROM model_price
