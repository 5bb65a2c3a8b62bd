import type { ApiError } from '../../services/http';

/** The token of a printed link, `/sign-in#link=TOKEN`. */
export function linkToken(hash: string): string | null {
  const token = new URLSearchParams(hash.replace(/^#/, '')).get('link');
  return token === null || token === '' ? null : token;
}

/** Where to go after signing in: only a path of this site, never another one. */
export function safeNext(search: string): string {
  const next = new URLSearchParams(search).get('next');
  return next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith('/sign-in') ? next : '/';
}

/** A refusal in a sentence that says what to do. */
export function signInProblem(error: ApiError, byLink: boolean): string {
  if (error.status === 0)
    return 'The server cannot be reached. Check that Sentinel is running, then try again.';
  if (error.status === 429) return 'Too many attempts. Wait a minute, then try again.';
  if (error.status >= 500) return `Sentinel cannot sign you in just now: ${error.message}`;
  if (byLink) {
    return 'This link has expired or was used before. Run “sentinel link” on the server for a new one.';
  }
  if (error.status === 401 || error.status === 403) return 'Name and password do not match.';
  return error.message;
}
