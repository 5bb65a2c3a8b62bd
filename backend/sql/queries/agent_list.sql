-- $1: agent ids, or NULL for all; $2: only names after this (keyset), or NULL; $3: at most so many. Times are microseconds since 1970.
SELECT a.agent_id, a.name, coalesce(rev.description, ''), coalesce(rev.labels, '{}'),
  (extract(epoch FROM a.created_at) * 1000000)::bigint,
  (extract(epoch FROM newest.ts) * 1000000)::bigint,
  coalesce(recent.sampled, newest.sampled, false),
  host.name,
  event.type, (extract(epoch FROM event.ts) * 1000000)::bigint, event.message,
  (extract(epoch FROM started.ts) * 1000000)::bigint,
  coalesce(own.interval_ms, fleet.interval_ms),
  recent.latency_us / 1000.0::float8,
  coalesce(recent.throughput_millirpm / 1000.0::float8, minute.requests),
  recent.cost_nanos / 1000000000.0::float8,
  recent.cpu_centipercent / 100.0::float8,
  recent.gpu_centipercent / 100.0::float8,
  recent.memory_bytes / 1000000.0::float8,
  recent.gpu_memory_bytes / 1000000.0::float8,
  recent.gpu_count,
  (extract(epoch FROM recent.sampled_at[1] - recent.sampled_at[2]) * 1000000)::bigint,
  parent.agent_id, parent.name
FROM agent a
CROSS JOIN LATERAL (
  SELECT interval_ms FROM configuration WHERE agent_id IS NULL ORDER BY version DESC LIMIT 1
) fleet
LEFT JOIN LATERAL (
  SELECT interval_ms FROM configuration c WHERE c.agent_id = a.agent_id ORDER BY version DESC LIMIT 1
) own ON true
LEFT JOIN LATERAL (
  SELECT description, labels, parent_id FROM agent_revision r
  WHERE r.agent_id = a.agent_id ORDER BY revision_id DESC LIMIT 1
) rev ON true
LEFT JOIN agent parent ON parent.agent_id = rev.parent_id
LEFT JOIN LATERAL newest_record(a.agent_id) newest ON true
LEFT JOIN host ON host.host_id = newest.host_id
LEFT JOIN LATERAL (
  SELECT type, ts, message FROM agent_event e
  WHERE e.agent_id = a.agent_id AND type NOT IN ('deployed', 'annotation', 'down')
  ORDER BY ts DESC, event_id DESC LIMIT 1
) event ON true
LEFT JOIN LATERAL (
  SELECT ts FROM agent_event e
  WHERE e.agent_id = a.agent_id AND type IN ('started', 'restarted', 'back')
  ORDER BY ts DESC, event_id DESC LIMIT 1
) started ON true
LEFT JOIN LATERAL (
  -- The newest 5,000 records of five minutes or five intervals, newest first: the first that is not NULL is the newest
  -- value. Samples that measure nothing of a process come when there is something to tell, at no interval.
  SELECT bool_or(measures) AS sampled,
    (array_agg(ts) FILTER (WHERE measures))[1:2] AS sampled_at,
    (array_agg(latency_us) FILTER (WHERE latency_us IS NOT NULL))[1] AS latency_us,
    (array_agg(throughput_millirpm) FILTER (WHERE throughput_millirpm IS NOT NULL))[1] AS throughput_millirpm,
    (array_agg(cost_nanos) FILTER (WHERE cost_nanos IS NOT NULL AND kind <> 'c'))[1] AS cost_nanos,
    (array_agg(cpu_centipercent) FILTER (WHERE cpu_centipercent IS NOT NULL))[1] AS cpu_centipercent,
    (array_agg(gpu_centipercent) FILTER (WHERE gpu_centipercent IS NOT NULL))[1] AS gpu_centipercent,
    (array_agg(memory_bytes) FILTER (WHERE memory_bytes IS NOT NULL))[1] AS memory_bytes,
    (array_agg(gpu_memory_bytes) FILTER (WHERE gpu_memory_bytes IS NOT NULL))[1] AS gpu_memory_bytes,
    (array_agg(gpu_count) FILTER (WHERE gpu_count IS NOT NULL))[1] AS gpu_count
  FROM (
    SELECT *,
      kind = 's' AND num_nonnulls(cpu_centipercent, gpu_centipercent, memory_bytes, gpu_memory_bytes) > 0 AS measures
    FROM recent_records(a.agent_id,
      now() - greatest(interval '5 minutes', 5 * coalesce(own.interval_ms, fleet.interval_ms) * interval '1 ms'), 5000)
  ) last
) recent ON true
LEFT JOIN LATERAL (
  SELECT sum(request_count) AS requests FROM recent_records(a.agent_id, now() - interval '1 minute', NULL)
  WHERE kind = 'r'
) minute ON true
WHERE ($1::uuid[] IS NULL OR a.agent_id = ANY ($1::uuid[])) AND ($2::text IS NULL OR a.name > $2::text)
ORDER BY a.name
LIMIT $3
