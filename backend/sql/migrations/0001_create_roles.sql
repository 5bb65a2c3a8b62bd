-- Roles and the schema. Run by the migrating login itself; every later migration runs as sentinel_owner.
-- Locks: none that anybody waits for. Roles are shared by the cluster, so an existing one is kept.
DO $$
DECLARE
  wanted text;
BEGIN
  -- The owner cannot log in: nobody works as owner but a migration.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'sentinel_owner') THEN
    CREATE ROLE sentinel_owner NOLOGIN;
  END IF;
  FOREACH wanted IN ARRAY ARRAY['sentinel_metrics_api', 'sentinel_db_api', 'sentinel_worker', 'sentinel_read'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
      EXECUTE format('CREATE ROLE %I LOGIN', wanted);
    END IF;
  END LOOP;
  IF NOT pg_has_role(current_user, 'sentinel_owner', 'MEMBER') THEN
    EXECUTE format('GRANT sentinel_owner TO %I', current_user);
  END IF;
  FOREACH wanted IN ARRAY ARRAY['sentinel_metrics_api', 'sentinel_db_api', 'sentinel_worker'] LOOP
    IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
      EXECUTE format('GRANT %I TO %I', wanted, current_user);
    END IF;
  END LOOP;
END
$$;

CREATE SCHEMA IF NOT EXISTS sentinel AUTHORIZATION sentinel_owner;
GRANT USAGE ON SCHEMA sentinel TO sentinel_metrics_api, sentinel_db_api, sentinel_worker, sentinel_read;

CREATE TABLE sentinel.schema_migration (
  version    integer PRIMARY KEY,
  name       text NOT NULL,
  checksum   text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE sentinel.schema_migration OWNER TO sentinel_owner;
COMMENT ON TABLE sentinel.schema_migration IS 'One row per migration that ran; the checksum is the SHA-256 of its file';
GRANT SELECT ON sentinel.schema_migration TO sentinel_metrics_api, sentinel_db_api, sentinel_worker, sentinel_read;
