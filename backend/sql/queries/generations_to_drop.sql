-- Sealed generations whose rows are still there, and those whose records are older than anybody keeps them: whether it is the
-- history that goes.
SELECT gen, false FROM sealed_gen WHERE to_regclass('metric_record_g' || gen) IS NOT NULL
UNION ALL
SELECT gen, true FROM sealed_gen
WHERE coalesce(ts_max, '-infinity') < now() - records_kept() AND to_regclass('metric_chunk_g' || gen) IS NOT NULL
ORDER BY 1, 2
