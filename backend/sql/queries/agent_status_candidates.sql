-- Agents whose status may be another than the one noted last: silent for longer than five of their shortest possible
-- intervals and not noted as down, or noted as down and heard of since. With the newest down or back, in microseconds
-- since 1970. A few index look-ups an agent: what is found is judged by agent_list.
SELECT a.agent_id, coalesce(noted.type, ''), coalesce((extract(epoch FROM noted.ts) * 1000000)::bigint, 0)
FROM agent a
CROSS JOIN LATERAL (
  SELECT interval_ms FROM configuration WHERE agent_id IS NULL ORDER BY version DESC LIMIT 1
) fleet
LEFT JOIN LATERAL (
  SELECT interval_ms FROM configuration c WHERE c.agent_id = a.agent_id ORDER BY version DESC LIMIT 1
) own ON true
LEFT JOIN LATERAL newest_record(a.agent_id) newest ON true
LEFT JOIN LATERAL (
  SELECT ts FROM agent_event e
  WHERE e.agent_id = a.agent_id AND type IN ('started', 'restarted', 'back')
  ORDER BY ts DESC, event_id DESC LIMIT 1
) started ON true
LEFT JOIN LATERAL (
  SELECT type, ts FROM agent_event e
  WHERE e.agent_id = a.agent_id AND type IN ('down', 'back')
  ORDER BY ts DESC, event_id DESC LIMIT 1
) noted ON true
LEFT JOIN LATERAL (
  SELECT type, ts FROM agent_event e
  WHERE e.agent_id = a.agent_id AND type NOT IN ('deployed', 'annotation', 'down')
  ORDER BY ts DESC, event_id DESC LIMIT 1
) last ON true
-- One that said it ended stays as it is until it is heard of again; a second is the slack of models::judge.
WHERE NOT coalesce(last.type IN ('stopped', 'error') AND last.ts + interval '1 s' >= coalesce(newest.ts, last.ts), false)
AND CASE
  WHEN noted.type = 'down' THEN greatest(newest.ts, started.ts) > noted.ts
  -- 60 s is the interval of an agent that sends no samples.
  ELSE now() - greatest(newest.ts, started.ts) > 5 * least(coalesce(own.interval_ms, fleet.interval_ms), 60000) * interval '1 ms'
END
