import { shellWord } from '../../utils/shellWord';

/** What a way of sending needs to know. */
export interface Place {
  /** Address of this server. */
  origin: string;
  agent: string;
  key: string;
}

export interface Block {
  words: string;
  text: string;
}

export interface Sender {
  value: string;
  words: string;
  /**
   * Whether a key is for the named agent alone. Then all that comes with it is that agent's: not for those that also
   * write for sub-agents, or for their machine.
   */
  ownKey: boolean;
  blocks: (place: Place) => Block[];
  note?: string;
}

/** Stands where the key will be. */
export const KEY_BLANK = 'YOUR_KEY';

function exporting({ origin, key }: Place): string[] {
  return [
    'export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf',
    `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`,
    `export OTEL_EXPORTER_OTLP_HEADERS="authorization=Bearer ${key}"`,
  ];
}

function curl({ origin, agent, key }: Place): string {
  const record = `{"agent_id": ${JSON.stringify(agent)}, "latency_ms": 120, "cost_usd": 0.002}`;
  return [
    `curl ${origin}/api/v1/metrics \\`,
    `  -H "Authorization: Bearer ${key}" \\`,
    '  -H "Content-Type: application/json" \\',
    `  -d ${shellWord(record)}`,
  ].join('\n');
}

function codex({ origin, key }: Place): string {
  const exporter = (name: string, signal: string): string[] => [
    `[otel.${name}.otlp-http]`,
    `endpoint = "${origin}/v1/${signal}"`,
    'protocol = "binary"',
    `headers = { "authorization" = "Bearer ${key}" }`,
  ];
  return [...exporter('exporter', 'logs'), '', ...exporter('metrics_exporter', 'metrics')].join('\n');
}

export const SENDERS: readonly [Sender, ...Sender[]] = [
  {
    value: 'curl',
    words: 'curl',
    ownKey: true,
    blocks: (place) => [{ words: 'Send a record', text: curl(place) }],
  },
  {
    value: 'opentelemetry',
    words: 'OpenTelemetry SDK',
    ownKey: false,
    blocks: (place) => [
      {
        words: 'Set before your agent starts',
        text: [`export OTEL_SERVICE_NAME=${shellWord(place.agent)}`, ...exporting(place)].join('\n'),
      },
    ],
    note: 'Calls of models are shown where the SDK writes GenAI spans, as OpenLLMetry, OpenInference and OpenLIT do.',
  },
  {
    value: 'claude-code',
    words: 'Claude Code',
    ownKey: false,
    blocks: (place) => [
      {
        words: 'Set, then start Claude Code',
        text: [
          'export CLAUDE_CODE_ENABLE_TELEMETRY=1',
          'export OTEL_METRICS_EXPORTER=otlp',
          'export OTEL_LOGS_EXPORTER=otlp',
          ...exporting(place),
          `export OTEL_RESOURCE_ATTRIBUTES=sentinel.agent=${encodeURIComponent(place.agent)}`,
          'claude',
        ].join('\n'),
      },
    ],
  },
  {
    value: 'codex',
    words: 'Codex',
    ownKey: true,
    blocks: (place) => [{ words: 'Add to ~/.codex/config.toml, then start Codex', text: codex(place) }],
  },
  {
    value: 'gemini-cli',
    words: 'Gemini CLI',
    ownKey: true,
    blocks: ({ origin, key }) => [
      {
        words: 'Set, then start Gemini CLI',
        text: [
          'export GEMINI_TELEMETRY_ENABLED=true',
          'export GEMINI_TELEMETRY_TARGET=local',
          'export GEMINI_TELEMETRY_OTLP_PROTOCOL=http',
          `export GEMINI_TELEMETRY_OTLP_ENDPOINT=${origin}/otlp/${key}`,
          'gemini',
        ].join('\n'),
      },
    ],
    note: 'It can set no header, so the key is in the address.',
  },
  {
    value: 'collector',
    words: 'Collector',
    ownKey: false,
    blocks: ({ origin, agent, key }) => [
      {
        words: 'Start your agent under it, for CPU, memory and GPU of its process and its machine',
        text: [
          `export SENTINEL_KEY=${key}`,
          `sentinel-collector run --server ${origin} --name ${shellWord(agent)} -- python my_agent.py`,
        ].join('\n'),
      },
    ],
  },
];

export function readSender(params: URLSearchParams): Sender {
  return SENDERS.find(({ value }) => value === params.get('with')) ?? SENDERS[0];
}
