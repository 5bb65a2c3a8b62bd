-- The generation that is written to: its number, its age in seconds, and about how many records it holds: its size by the
-- density that the last vacuum found, as the planner estimates, since to count them would read them all; in chunks one takes
-- about 40 bytes.
SELECT g.gen, extract(epoch FROM now() - g.opened_at)::bigint,
  (pg_relation_size(c.oid) * CASE WHEN c.relpages > 0 AND c.reltuples > 0
    THEN c.reltuples / (c.relpages::float8 * current_setting('block_size')::integer)
    ELSE 1 / 120.0::float8 END)::bigint + pg_table_size(to_regclass(format('metric_hot_chunk_g%s', g.gen))) / 40
FROM generation g
JOIN pg_class c ON c.oid = to_regclass(format('metric_record_g%s', g.gen))
ORDER BY g.gen DESC
LIMIT 1
