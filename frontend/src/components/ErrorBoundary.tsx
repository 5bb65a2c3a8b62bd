import { Component, type ReactNode } from 'react';
import { ErrorState } from './ErrorState';

export interface ErrorBoundaryProps {
  children: ReactNode;
}

interface ErrorBoundaryState {
  problem: string | null;
}

const OUTDATED = 'This page is older than the server: a part of it is no longer there. Reload to go on.';

/** A page that broke says so and offers the way on, instead of staying white. A class, since React has no hook for it. */
export class ErrorBoundary extends Component<ErrorBoundaryProps, ErrorBoundaryState> {
  override state: ErrorBoundaryState = { problem: null };
  /** Vite says that a part of the page is missing just before the import fails. */
  private outdated = false;

  static getDerivedStateFromError(error: unknown): ErrorBoundaryState {
    return { problem: error instanceof Error ? error.message : String(error) };
  }

  override componentDidMount(): void {
    window.addEventListener('vite:preloadError', this.onMissing);
  }

  override componentWillUnmount(): void {
    window.removeEventListener('vite:preloadError', this.onMissing);
  }

  private readonly onMissing = (): void => {
    this.outdated = true;
  };

  override render(): ReactNode {
    const { problem } = this.state;
    if (problem === null) return this.props.children;
    return (
      <main style={{ padding: '0 24px' }}>
        <ErrorState
          whole
          title={this.outdated ? 'Sentinel was updated' : 'This page broke'}
          detail={this.outdated ? OUTDATED : problem}
          retryWords="Reload"
          onRetry={() => window.location.reload()}
        />
      </main>
    );
  }
}
