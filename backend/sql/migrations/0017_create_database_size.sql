-- How large the database was, hour by hour, so that it can be told when a disk will be full. Takes no lock on what is there.
CREATE TABLE database_size (
  sampled_at timestamptz PRIMARY KEY DEFAULT now(),
  bytes      bigint NOT NULL CHECK (bytes >= 0)
);
COMMENT ON TABLE database_size IS 'One row an hour, written by the worker';

SELECT make_insert_only('database_size');
GRANT SELECT, INSERT ON database_size TO sentinel_worker;
GRANT SELECT ON database_size TO sentinel_db_api, sentinel_read;
