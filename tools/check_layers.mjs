// The dependency rule of ARCHITECTURE.md over the include lines of backend/src: which folder may include which, and which
// folder alone may include a third-party header. (The dashboard's layers are checked by its linter.)
import { readFileSync } from 'node:fs';
import { tracked } from './files.mjs';

const mayUse = {
  base: [],
  sketch: ['base'],
  models: ['base', 'sketch'],
  demo: ['base', 'models'],
  pricing: ['base', 'models'],
  otlp: ['base', 'models'],
  http: ['base'],
  postgres: ['base'],
  services: ['base', 'sketch', 'models', 'pricing', 'otlp', 'http', 'postgres'],
  api: ['base', 'models', 'otlp', 'http', 'postgres', 'services'],
  collectors: ['base', 'models', 'http'],
  apps: ['base', 'models', 'demo', 'http', 'postgres', 'services', 'api', 'collectors'],
};

// Third-party headers and the places that may know them.
const owners = [
  { header: /^libpq-fe\.h$/, folders: ['postgres'], instead: 'use postgres/connection.hpp' },
  { header: /^boost\/beast/, folders: ['http'], instead: 'use http/server.hpp or http/client.hpp' },
  { header: /^nghttp2/, folders: ['http'], instead: 'use http/server.hpp' },
  { header: /^sodium/, folders: ['base'], instead: 'use base/secret.hpp' },
  { header: /^zlib\.h$/, folders: ['base', 'http'], instead: 'use http/compression.hpp' },
  { header: /^zstd/, folders: ['http'], instead: 'use http/compression.hpp' },
  { header: /^protozero/, folders: ['otlp'], instead: 'use otlp/decode.hpp' },
  { header: /^re2\//, folders: ['pricing'], instead: 'use pricing/match_rule.hpp' },
  { header: /^spdlog/, folders: ['base'], instead: 'use base/log.hpp' },
];

let failures = 0;
for (const file of tracked(['backend/src'], /\.(cpp|hpp)$/)) {
  const folder = file.split('/')[2];
  readFileSync(file, 'utf8').split('\n').forEach((line, index) => {
    const include = line.match(/^\s*#include\s+["<]([^">]+)[">]/)?.[1];
    if (!include) return;
    const target = include.split('/')[0];
    if (target in mayUse && target !== folder && !mayUse[folder]?.includes(target)) {
      failures += 1;
      console.log(
        `${file}:${index + 1}: ${folder}/ may not include ${target}/ (it may use ${mayUse[folder]?.join(', ') || 'nothing'}); ` +
          `move the code up, or hand the value in from above`,
      );
    }
    for (const { header, folders, instead } of owners) {
      if (header.test(include) && !folders.includes(folder)) {
        failures += 1;
        console.log(`${file}:${index + 1}: only ${folders.join('/ and ')}/ may include <${include}>; ${instead}`);
      }
    }
  });
}
process.exit(failures ? 1 : 0);
