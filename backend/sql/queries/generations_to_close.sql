-- Generations that are over and take records still, the oldest first.
SELECT gen FROM generation g
WHERE gen < (SELECT max(gen) FROM generation) AND NOT EXISTS (SELECT FROM closed_gen c WHERE c.gen = g.gen)
ORDER BY gen
