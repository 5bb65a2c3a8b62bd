// A real client of gRPC, the one under OpenTelemetry's exporters for Node. Its argument is the address. It reads calls to
// make, a line of JSON each: `signal` or `path`, `text`, `hex` or a number of `bytes`, and optionally `gzip`, `metadata`,
// `deadlineMs`, `cancelAfter` (the id of the call whose end cancels this one), `loop` (again as long as it succeeds). It
// writes a line for each call that has ended, in that order: id, code, message, and in hexadecimal its answer and when to
// try again (grpc-status-details-bin).
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(new URL('../../../frontend/package.json', import.meta.url));
const grpc = require('@grpc/grpc-js');

const services = { traces: 'trace.v1.TraceService', metrics: 'metrics.v1.MetricsService', logs: 'logs.v1.LogsService' };
const options = { 'grpc.max_send_message_length': -1 };
const plain = new grpc.Client(process.argv[2], grpc.credentials.createInsecure(), options);
const packed = new grpc.Client(process.argv[2], grpc.credentials.createInsecure(), {
  ...options,
  'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip,
});
const same = (bytes) => bytes;
const cancelAfter = new Map();

function call(wanted) {
  const { id, signal, path, text = '', hex, bytes = 0, gzip, metadata = {}, deadlineMs } = wanted;
  const headers = new grpc.Metadata();
  for (const [name, value] of Object.entries(metadata)) headers.set(name, value);
  const message = bytes ? Buffer.alloc(bytes, 'x') : hex ? Buffer.from(hex, 'hex') : Buffer.from(text);
  const method = path ?? `/opentelemetry.proto.collector.${services[signal]}/Export`;
  const deadline = deadlineMs ? { deadline: Date.now() + deadlineMs } : {};
  const ended = (error, answer) => {
    const retry = error?.metadata?.get('grpc-status-details-bin')[0];
    const outcome = error ? { code: error.code, message: error.details } : { code: 0, answer: answer.toString('hex') };
    console.log(JSON.stringify({ id, ...outcome, retry: retry?.toString('hex') ?? '' }));
    cancelAfter.get(id)?.cancel();
    if (wanted.loop && !error) call(wanted);
  };
  const running = (gzip ? packed : plain).makeUnaryRequest(method, same, same, message, headers, deadline, ended);
  if (wanted.cancelAfter) cancelAfter.set(wanted.cancelAfter, running);
}

for await (const line of createInterface({ input: process.stdin })) call(JSON.parse(line));
