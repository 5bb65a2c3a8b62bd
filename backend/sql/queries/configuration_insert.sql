-- $1: agent, NULL for the fleet; $2: enabled, $3: interval, $4: retention, $5: thresholds, each NULL to stay as it is;
-- $6: by whom. Starts from what is in force. Thresholds are taken over metric by metric; two nulls take them away.
WITH base AS (
  SELECT enabled, interval_ms, retention_days, thresholds FROM configuration
  WHERE agent_id = $1::uuid OR agent_id IS NULL
  ORDER BY agent_id IS NULL, version DESC LIMIT 1
), merged AS (
  SELECT coalesce(jsonb_object_agg(key, value), '{}') AS thresholds
  FROM base, jsonb_each(base.thresholds || coalesce($5::jsonb, '{}'))
  WHERE value ->> 'warn' IS NOT NULL OR value ->> 'critical' IS NOT NULL
), written AS (
  INSERT INTO configuration (agent_id, enabled, interval_ms, retention_days, thresholds, created_by)
  SELECT $1::uuid, coalesce($2::boolean, base.enabled), coalesce($3::integer, base.interval_ms),
    coalesce($4::integer, base.retention_days), merged.thresholds, $6::text
  FROM base, merged
  RETURNING *
), named AS (
  SELECT w.*, a.name FROM written w LEFT JOIN agent a ON a.agent_id = w.agent_id
), audit AS (
  INSERT INTO audit_event (actor, action, subject, detail)
  SELECT $6::text, 'configuration_changed', coalesce(name, 'fleet'), jsonb_build_object('version', version) FROM named
)
SELECT agent_id, name, version, enabled, interval_ms, retention_days, thresholds,
  (extract(epoch FROM created_at) * 1000000)::bigint, created_by
FROM named
