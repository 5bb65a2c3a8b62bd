// Reads pages: renders a passage of text as a page, lets Tesseract's LSTM network recognise it, compares what it read
// with what was written, and reports one record per page.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SentinelClient } from '../shared/sentinel-client.mjs';

const run = promisify(execFile);

const agentName = process.env.SENTINEL_AGENT ?? 'ocr-agent';
const pauseMs = Number(process.env.OCR_PAUSE_MS ?? 3_000);
// What a core costs at a cloud provider; a page costs the processor time it took.
const usdPerCpuHour = Number(process.env.OCR_USD_PER_CPU_HOUR ?? 0.05);
const accuracyMinPercent = 50; // a page that is read worse than this counts as failed
const lineLength = 64; // characters
const pageTimeoutMs = 60_000;
const throughputWindowMs = 60_000;
const ticksPerSecond = 100; // of /proc on Linux

const fonts = ['DejaVu-Serif', 'DejaVu-Sans', 'DejaVu-Sans-Mono', 'DejaVu-Serif-Bold'];
const stopping = new AbortController();

const random = (min, max) => min + Math.random() * (max - min);
const pick = (list) => list[Math.floor(Math.random() * list.length)];
const firstLine = (error) => (error.stderr?.trim() || error.message).split('\n')[0].slice(0, 500);
const normal = (text) => text.replace(/\s+/g, ' ').trim();

async function findConvert() {
  // Debian always has the first name; others have one of the rest, which may be some other program.
  for (const command of ['convert-im6.q16', 'magick', 'convert']) {
    const version = await run(command, ['-version']).catch(() => undefined);
    if (version?.stdout.includes('ImageMagick')) return command;
  }
  throw new Error('ImageMagick is missing: apt-get install imagemagick');
}

// From clean print to a bad copy, and now and then one that is hardly legible.
function imaginePage(words) {
  const count = Math.round(random(15, 160));
  const start = Math.floor(random(0, words.length - count));
  const bad = Math.random() < 0.04;
  return {
    text: words.slice(start, start + count).join(' '),
    words: count,
    font: pick(fonts),
    pointSize: Math.round(random(22, 34)),
    blur: bad ? 3 : random(0.1, 1.4),
    noise: bad ? 12 : random(0, 5),
    tiltDegrees: bad ? 3 : random(-1, 1),
  };
}

function wrap(text, width) {
  const lines = [''];
  for (const word of text.split(' ')) {
    if (lines.at(-1).length + word.length >= width) lines.push('');
    lines.push(`${lines.pop()} ${word}`.trim());
  }
  return lines;
}

async function renderPage(convert, page, file) {
  // A backslash or a percent sign in a label would be an instruction to ImageMagick.
  const lines = wrap(page.text.replace(/[\\%]/g, ' '), lineLength);
  await run(
    convert,
    [
      ...['-background', 'white', '-fill', 'black', '-font', page.font, '-pointsize', String(page.pointSize)],
      ...[...lines.map((line) => `label:${line}`), '-append', '-bordercolor', 'white', '-border', '40'],
      ...[
        '-rotate',
        page.tiltDegrees.toFixed(2),
        '-blur',
        `0x${page.blur.toFixed(2)}`,
        '-colorspace',
        'Gray',
      ],
      ...['-attenuate', page.noise.toFixed(2), '+noise', 'Gaussian', '-density', '150', file],
    ],
    { signal: stopping.signal },
  );
}

// Processor time of all children that have ended, in seconds.
async function childrenCpuSeconds() {
  const stat = await readFile('/proc/self/stat', 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}

// Edit distance (Levenshtein) with two rows.
function distance(a, b) {
  let previous = Uint32Array.from({ length: b.length + 1 }, (_, index) => index);
  let current = new Uint32Array(b.length + 1);
  for (let i = 1; i <= a.length; i += 1) {
    current[0] = i;
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(replaced, previous[j] + 1, current[j - 1] + 1);
    }
    [previous, current] = [current, previous];
  }
  return previous[b.length];
}

function accuracyPercent(written, read) {
  return Math.max(0, 100 * (1 - distance(written, read) / written.length));
}

async function recognise(file) {
  const cpuBefore = await childrenCpuSeconds();
  const begun = performance.now();
  let text;
  let problem;
  try {
    const { stdout } = await run('tesseract', [file, 'stdout', '--oem', '1', '--psm', '6', '-l', 'eng'], {
      env: { ...process.env, OMP_THREAD_LIMIT: '1' }, // its threads cost more than they save on pages this small
      timeout: pageTimeoutMs,
      signal: stopping.signal,
    });
    text = normal(stdout);
  } catch (error) {
    problem = firstLine(error);
  }
  const latencyMs = performance.now() - begun;
  return { text, problem, latencyMs, cpuSeconds: (await childrenCpuSeconds()) - cpuBefore };
}

class Throughput {
  #started = Date.now();
  #ends = [];
  perMinute() {
    const now = Date.now();
    this.#ends.push(now);
    this.#ends = this.#ends.filter((end) => end > now - throughputWindowMs);
    const window = Math.min(throughputWindowMs, Math.max(now - this.#started, 1));
    return (this.#ends.length * 60_000) / window;
  }
}

// Between two pages; a stop ends it at once.
async function pause() {
  await sleep(pauseMs, undefined, { signal: stopping.signal }).catch(() => {});
}

async function main() {
  const convert = await findConvert();
  await run('tesseract', ['--version']).catch(() => {
    throw new Error('Tesseract is missing: apt-get install tesseract-ocr tesseract-ocr-eng');
  });
  const words = normal(await readFile(new URL('../shared/alice.txt', import.meta.url), 'utf8')).split(' ');
  const sentinel = new SentinelClient({ agent: agentName });
  const throughput = new Throughput();
  const folder = await mkdtemp(join(tmpdir(), 'ocr-agent-'));
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => stopping.abort());

  for (let number = 1; !stopping.signal.aborted; number += 1) {
    const page = imaginePage(words);
    const file = join(folder, 'page.png');
    try {
      await renderPage(convert, page, file);
    } catch (error) {
      if (stopping.signal.aborted) break;
      const problem = `page ${number} could not be made: ${firstLine(error)}`;
      console.error(`ocr-agent: ${problem}`);
      sentinel.event('error', problem);
      await pause();
      continue;
    }
    const result = await recognise(file);
    if (stopping.signal.aborted) break; // half a page is no measurement
    const accuracy = result.problem ? undefined : accuracyPercent(normal(page.text), result.text);
    const failed = result.problem !== undefined || accuracy < accuracyMinPercent;
    sentinel.record({
      status: failed ? 'error' : 'success',
      latency_ms: Number(result.latencyMs.toFixed(3)),
      throughput_req_per_min: Number(throughput.perMinute().toFixed(2)),
      cost_usd: Number(((result.cpuSeconds / 3_600) * usdPerCpuHour).toFixed(9)),
      model: 'tesseract-lstm-eng',
      provider: 'local',
      output_tokens: result.text ? result.text.split(' ').length : 0,
      process_id: process.pid,
      custom_metrics: accuracy === undefined ? {} : { accuracy_percent: Number(accuracy.toFixed(2)) },
      attributes: { page: number, words: page.words, font: page.font, noise: Number(page.noise.toFixed(2)) },
    });
    if (result.problem) sentinel.event('error', `page ${number}: ${result.problem}`);
    console.log(
      `page ${number}: ${page.words} words in ${result.latencyMs.toFixed(0)} ms, ` +
        (result.problem ?? `${accuracy.toFixed(1)} % of the characters right`),
    );
    await pause();
  }
  await rm(folder, { recursive: true, force: true });
  const undelivered = await sentinel.close();
  if (undelivered > 0) console.error(`ocr-agent: ${undelivered} records could not be delivered`);
  process.exit(0);
}

main().catch((error) => {
  console.error(`ocr-agent: ${error.message}`);
  process.exit(1);
});
