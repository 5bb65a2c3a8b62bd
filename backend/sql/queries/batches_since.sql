-- $1: a transaction id (xid8). What was committed since, by agent, and the position to ask from next time. Batches
-- below the oldest running transaction are complete: nothing older can still appear.
WITH edge AS (
  SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin
), fresh AS (
  SELECT b.agent_ids, b.ts_min, b.ts_max, b.records
  FROM ingest_batch b, edge
  WHERE $1::xid8 > '0'::xid8 AND b.xid >= $1::xid8 AND b.xid < edge.xmin
    AND b.day >= extract(epoch FROM now())::bigint / 86400 - 1
    AND b.received_at > now() - interval '10 minutes'
), total AS (
  SELECT sum(records) AS records FROM fresh
)
SELECT edge.xmin, agent.id,
  (extract(epoch FROM min(fresh.ts_min)) * 1000000)::bigint,
  (extract(epoch FROM max(fresh.ts_max)) * 1000000)::bigint,
  (SELECT records FROM total)
FROM edge
LEFT JOIN fresh ON true
LEFT JOIN LATERAL unnest(fresh.agent_ids) AS agent (id) ON true
GROUP BY edge.xmin, agent.id
