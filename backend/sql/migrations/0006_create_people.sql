-- Keys, users, sessions, configuration and the audit trail. Secrets are stored as hashes alone.
CREATE TABLE api_key (
  key_id       uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name         text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  scope        text NOT NULL CHECK (scope IN ('ingest', 'read', 'admin')),
  agents       text[] CHECK (cardinality(agents) BETWEEN 1 AND 1000),
  may_register boolean NOT NULL DEFAULT true,
  hash         bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  created_at   timestamptz NOT NULL DEFAULT now(),
  created_by   text NOT NULL,
  expires_at   timestamptz
);
COMMENT ON TABLE api_key IS 'Keys of programs. The key itself is shown once and never stored';
COMMENT ON COLUMN api_key.agents IS 'Names of the agents an ingest key may write for; NULL is all';
COMMENT ON COLUMN api_key.may_register IS 'Whether names that are not known yet register themselves';

CREATE TABLE api_key_revocation (
  key_id     uuid PRIMARY KEY REFERENCES api_key,
  revoked_at timestamptz NOT NULL DEFAULT now(),
  revoked_by text NOT NULL
);
COMMENT ON TABLE api_key_revocation IS 'A key with a row here is refused';

CREATE TABLE app_user (
  user_id    uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name       text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE app_user IS 'People';

CREATE TABLE app_user_revision (
  revision_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id       uuid NOT NULL REFERENCES app_user,
  role          text NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
  password_hash text,
  enabled       boolean NOT NULL DEFAULT true,
  created_at    timestamptz NOT NULL DEFAULT now(),
  created_by    text NOT NULL
);
COMMENT ON TABLE app_user_revision IS 'Role and password of a user; the newest row is in force. The password is an Argon2id hash';
CREATE INDEX app_user_revision_newest ON app_user_revision (user_id, revision_id DESC);

CREATE TABLE sign_in_link (
  hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
  user_name  text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL
);
COMMENT ON TABLE sign_in_link IS 'One-time links printed in a terminal';

CREATE TABLE sign_in_link_use (
  hash    bytea PRIMARY KEY REFERENCES sign_in_link,
  used_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE sign_in_link_use IS 'A link with a row here is spent: the key makes a second use fail';

CREATE TABLE user_session (
  session_id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  hash       bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
  user_id    uuid NOT NULL REFERENCES app_user,
  address    text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE user_session IS 'Sign-ins. A session ends 24 h after its newest touch';

CREATE TABLE session_event (
  session_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  session_id uuid NOT NULL REFERENCES user_session,
  user_id    uuid NOT NULL REFERENCES app_user,
  type       text NOT NULL CHECK (type IN ('touched', 'ended', 'view_saved', 'preference_set')),
  name       text NOT NULL DEFAULT '' CHECK (length(name) <= 200),
  payload    jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE session_event IS 'What a session did: touched at most every five minutes, ended, saved views and preferences';
CREATE INDEX session_event_by_session ON session_event (session_id, session_event_id DESC);
CREATE INDEX session_event_by_user ON session_event (user_id, type, name, session_event_id DESC);

CREATE TABLE configuration (
  version        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id       uuid REFERENCES agent,
  enabled        boolean NOT NULL,
  interval_ms    integer NOT NULL CHECK (interval_ms BETWEEN 200 AND 3600000),
  retention_days integer NOT NULL CHECK (retention_days BETWEEN 1 AND 36500),
  thresholds     jsonb NOT NULL CHECK (jsonb_typeof(thresholds) = 'object'),
  created_at     timestamptz NOT NULL DEFAULT now(),
  created_by     text NOT NULL
);
COMMENT ON TABLE configuration IS 'How agents are collected and judged; agent_id NULL is the fleet. The newest version is in force, the others are the history';
CREATE INDEX configuration_newest ON configuration (agent_id, version DESC);

CREATE TABLE audit_event (
  audit_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at      timestamptz NOT NULL DEFAULT now(),
  actor   text NOT NULL,
  action  text NOT NULL,
  subject text NOT NULL,
  detail  jsonb NOT NULL DEFAULT '{}'
);
COMMENT ON TABLE audit_event IS 'Who did what: keys, users, configuration, sign-ins';

SELECT make_insert_only('api_key'), make_insert_only('api_key_revocation'), make_insert_only('app_user'),
  make_insert_only('app_user_revision'), make_insert_only('sign_in_link'), make_insert_only('sign_in_link_use'),
  make_insert_only('user_session'), make_insert_only('session_event'), make_insert_only('configuration'),
  make_insert_only('audit_event');

GRANT SELECT ON api_key, api_key_revocation, configuration TO sentinel_metrics_api;
GRANT SELECT, INSERT ON api_key, api_key_revocation, app_user, app_user_revision, sign_in_link, sign_in_link_use,
  user_session, session_event, configuration, audit_event TO sentinel_db_api;
GRANT SELECT ON configuration TO sentinel_worker, sentinel_read;

INSERT INTO configuration (agent_id, enabled, interval_ms, retention_days, thresholds, created_by)
VALUES (NULL, true, 2000, 90,
  '{"cpu_usage_percent": {"warn": 80, "critical": 95}, "gpu_usage_percent": {"warn": 90, "critical": 98}}', 'sentinel');
