-- $1: host_id, $2: process id. Whose it was last.
SELECT agent_id FROM agent_process WHERE host_id = $1 AND process_id = $2 ORDER BY agent_process_id DESC LIMIT 1
