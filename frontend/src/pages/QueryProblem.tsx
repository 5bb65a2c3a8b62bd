import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '../components/EmptyState';
import { ErrorState } from '../components/ErrorState';
import { ApiError } from '../services/http';

export interface QueryProblemProps {
  /** What cannot be shown: `costs`. */
  what: string;
  /** Nothing else is on the page. */
  whole?: boolean;
  error: Error;
  onRetry: () => unknown;
  /** Where the same is of all agents, when one that was asked for is not there. */
  all: { href: string; words: string };
}

/** Why a page has nothing to show, and what to do about it. */
export function QueryProblem({ what, whole = false, error, onRetry, all }: QueryProblemProps): ReactNode {
  const status = error instanceof ApiError ? error.status : null;
  if (status === 403) {
    return (
      <EmptyState whole={whole} title={`You may not see ${what}`}>
        <p>{error.message} An admin can give you a role that may.</p>
        <Link href="/">To the fleet</Link>
      </EmptyState>
    );
  }
  if (status === 404) {
    return (
      <EmptyState whole={whole} title="There is no such agent">
        <p>{error.message}</p>
        <Link href={all.href}>{all.words}</Link>
      </EmptyState>
    );
  }
  return (
    <ErrorState
      whole={whole}
      title={`The ${what} cannot be shown`}
      detail={error.message}
      onRetry={onRetry}
    />
  );
}
