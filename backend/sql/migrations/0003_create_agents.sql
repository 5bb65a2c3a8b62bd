-- Agents, what is said of them as it changes, and what happened to them.
CREATE TABLE agent (
  agent_id   uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  name       text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 200),
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE agent IS 'One row per agent, written on first sight';

CREATE TABLE agent_revision (
  revision_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id    uuid NOT NULL REFERENCES agent,
  description text NOT NULL DEFAULT '' CHECK (length(description) <= 2000),
  labels      jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(labels) = 'object'),
  parent_id   uuid REFERENCES agent,
  created_at  timestamptz NOT NULL DEFAULT now(),
  created_by  text NOT NULL
);
COMMENT ON TABLE agent_revision IS 'Description, labels and parent of an agent; the newest row of an agent is in force';
CREATE INDEX agent_revision_newest ON agent_revision (agent_id, revision_id DESC);

CREATE TABLE agent_event (
  event_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id   uuid NOT NULL REFERENCES agent,
  type       text NOT NULL CHECK (type IN ('started', 'stopped', 'error', 'restarted', 'down', 'back', 'deployed', 'annotation')),
  ts         timestamptz NOT NULL,
  message    text NOT NULL DEFAULT '' CHECK (length(message) <= 2000),
  attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE agent_event IS 'What happened to an agent. Its status is derived from these and from its records, never stored';
CREATE INDEX agent_event_by_agent ON agent_event (agent_id, ts DESC, event_id DESC);

SELECT make_insert_only('agent'), make_insert_only('agent_revision'), make_insert_only('agent_event');
GRANT SELECT, INSERT ON agent, agent_event TO sentinel_metrics_api;
GRANT SELECT ON agent_revision TO sentinel_metrics_api;
GRANT SELECT ON agent, agent_event TO sentinel_db_api;
GRANT SELECT, INSERT ON agent_revision TO sentinel_db_api;
GRANT SELECT, INSERT ON agent_event TO sentinel_worker;
GRANT SELECT ON agent, agent_revision TO sentinel_worker;
GRANT SELECT ON agent, agent_revision, agent_event TO sentinel_read;
