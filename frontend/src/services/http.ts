import type { Problem } from './types';

/** Why a request gave no answer to show. `status` is 0 where no answer came at all. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, detail: string) {
    super(detail);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
  }
}

export type QueryValue = string | number | boolean | readonly string[] | undefined;

export interface RequestOptions {
  method?: 'GET' | 'POST';
  query?: Record<string, QueryValue>;
  body?: unknown;
  signal?: AbortSignal;
}

/** Repeats a name for each value of a list, as the contract's `explode: true` asks. */
export function buildUrl(path: string, query: Record<string, QueryValue> = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined) continue;
    if (typeof value === 'object') value.forEach((item) => params.append(name, item));
    else params.append(name, String(value));
  }
  const text = params.toString();
  return text === '' ? path : `${path}?${text}`;
}

function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'detail' in value && 'code' in value;
}

async function readError(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  if (isProblem(body)) return new ApiError(response.status, body.code, body.detail || body.title);
  return new ApiError(
    response.status,
    'unknown',
    `The server answered ${response.status} without saying why.`,
  );
}

/** A server that hangs must not look like one that is slow: what waits longer than this has failed. */
const TIMEOUT_MS = 30_000;

/** Gives the decoded body; everything else is an `ApiError`. */
export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    return await answerOf<T>(path, options, signal);
  } catch (error) {
    if (options.signal?.aborted || !timeout.aborted) throw error;
    throw new ApiError(0, 'timeout', `The server did not answer within ${TIMEOUT_MS / 1000} s.`);
  }
}

async function answerOf<T>(path: string, options: RequestOptions, signal: AbortSignal): Promise<T> {
  const response = await send(path, options, signal);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
}

/** The only call of `fetch`. Gives an answer that is no refusal; nothing but `signal` ends the wait for it. */
async function send(
  path: string,
  options: Omit<RequestOptions, 'method'> & { method?: string },
  signal: AbortSignal,
): Promise<Response> {
  const { method = 'GET', query, body } = options;
  let response: Response;
  try {
    response = await fetch(buildUrl(path, query), {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? { accept: 'application/json' } : { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, 'network', 'The server cannot be reached.');
  }
  if (!response.ok) throw await readError(response);
  return response;
}

/** An answer that is read piece by piece, for as long as that takes. */
export function openAnswer(
  path: string,
  query: Record<string, QueryValue>,
  signal: AbortSignal,
): Promise<Response> {
  return send(path, { query }, signal);
}

/** What the server says of an answer without giving it. */
export async function readHeaders(
  path: string,
  query: Record<string, QueryValue>,
  signal: AbortSignal,
): Promise<Headers> {
  return (await send(path, { method: 'HEAD', query }, signal)).headers;
}
