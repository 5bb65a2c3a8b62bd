-- $1: a transaction id (xid8), or NULL; $2: agents (uuid[]), or NULL for all; $3, $4: from when, until before when; $5: how many
-- batches to look through. The oldest running transaction: all below it have ended, and statements from now on see what they stored.
-- Then how many batches are of $1 or later, at most $5, and the oldest time (microseconds since 1970) of those among them that may
-- hold records of the agents in that time.
SELECT pg_snapshot_xmin(pg_current_snapshot()), count(*),
  (extract(epoch FROM min(ts_min) FILTER (
    WHERE ($2::uuid[] IS NULL OR agent_ids && $2) AND ts_max >= $3::timestamptz AND ts_min < $4::timestamptz)) * 1000000)::bigint
FROM (SELECT agent_ids, ts_min, ts_max FROM ingest_batch WHERE xid >= $1::xid8 LIMIT $5::integer) recent
