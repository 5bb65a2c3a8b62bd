import type { ReactNode } from 'react';

/** The bar of every page while nothing else is known; index.html has it too, so that it stands from the first moment. */
export function OpeningBar(): ReactNode {
  return (
    <div className="opening" role="status" aria-label="Loading">
      <svg width={18} height={18} viewBox="0 0 16 16" aria-hidden="true">
        <path d="M1 9.5h3l1.8-6 3 9.5 1.9-5.5H15" />
      </svg>
      <span>Sentinel</span>
    </div>
  );
}
