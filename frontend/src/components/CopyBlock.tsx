import { useState, type ReactNode } from 'react';
import { Button } from './Button';
import styles from './CopyBlock.module.css';

export interface CopyBlockProps {
  text: string;
  label: string;
}

/** A command to paste, with a button that copies it. */
export function CopyBlock({ text, label }: CopyBlockProps): ReactNode {
  const [copied, setCopied] = useState(false);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      // Without permission the text can still be selected by hand.
      setCopied(false);
    }
  };
  return (
    <div className={styles.block}>
      <pre className={styles.text} tabIndex={0} role="region" aria-label={label}>
        {text}
      </pre>
      <Button look="quiet" onClick={() => void copy()}>
        {copied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  );
}
