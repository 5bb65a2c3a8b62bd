-- A database of made-up agents says so, for good. Takes no lock on what is there.
CREATE TABLE demo (
  demo       boolean PRIMARY KEY DEFAULT true CHECK (demo),
  seed       integer NOT NULL,
  agents     integer NOT NULL CHECK (agents BETWEEN 1 AND 1000),
  days       integer NOT NULL CHECK (days BETWEEN 1 AND 89),
  anchor     timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE demo IS 'At most one row: what this database holds is made up, by sentinel demo, of these parameters';
COMMENT ON COLUMN demo.anchor IS 'End of the history that was made first; incidents lie before it';

SELECT make_insert_only('demo');
GRANT SELECT, INSERT ON demo TO sentinel_db_api;
GRANT SELECT ON demo TO sentinel_read;
