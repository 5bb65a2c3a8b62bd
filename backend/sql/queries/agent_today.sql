-- Requests, errors and cost of every agent since midnight UTC.
SELECT agent_id, coalesce(sum(request_count), 0), coalesce(sum(request_count) FILTER (WHERE error), 0),
  sum(cost_nanos) / 1000000000.0::float8
FROM metric_record
WHERE ts >= date_trunc('day', now(), 'UTC') AND agent_id IN (SELECT agent_id FROM agent)
GROUP BY agent_id
