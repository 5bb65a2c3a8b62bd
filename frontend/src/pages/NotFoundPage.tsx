import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { EmptyState } from '../components/EmptyState';

export function NotFoundPage(): ReactNode {
  return (
    <EmptyState whole title="There is no page here">
      <Link href="/">To the fleet</Link>
    </EmptyState>
  );
}
