-- Insert-only: the functions and triggers that refuse UPDATE, DELETE and TRUNCATE for everyone, the owner included.
-- SQLSTATE 23001 (restrict_violation). ENABLE ALWAYS, so that session_replication_role does not switch them off.
CREATE FUNCTION refuse_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% on % is refused: rows are only ever inserted', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'restrict_violation', HINT = 'What changes is a newer row; what is old leaves as a whole partition.';
END
$$;
COMMENT ON FUNCTION refuse_change() IS 'Trigger: refuses every UPDATE, DELETE and TRUNCATE with SQLSTATE 23001';

-- A partition needs its own TRUNCATE trigger: TRUNCATE of a partition does not fire the parent's.
CREATE FUNCTION make_insert_only(target regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION refuse_change()', target);
  EXECUTE format('CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', target);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_change', target);
  EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER refuse_truncate', target);
END
$$;
COMMENT ON FUNCTION make_insert_only(regclass) IS 'Adds the refusing triggers to a table or partition';
REVOKE ALL ON FUNCTION make_insert_only(regclass) FROM PUBLIC;

SELECT make_insert_only('schema_migration');
