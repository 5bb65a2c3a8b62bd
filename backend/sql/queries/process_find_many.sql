-- $1: host_ids (integer[]), $2: process ids on them. Whose each was last, NULL for nobody's.
SELECT wanted.host_id, wanted.process_id, (
  SELECT agent_id FROM agent_process p WHERE p.host_id = wanted.host_id AND p.process_id = wanted.process_id
  ORDER BY agent_process_id DESC LIMIT 1)
FROM unnest($1::integer[], $2::integer[]) wanted (host_id, process_id)
