-- What `sentinel doctor` prints: server, size, agents, newest arrival.
SELECT 'PostgreSQL ' || current_setting('server_version'), pg_size_pretty(pg_database_size(current_database())),
  (SELECT count(*) FROM agent), (SELECT max(received_at) FROM ingest_batch)
