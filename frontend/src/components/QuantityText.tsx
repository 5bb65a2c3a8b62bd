import type { ReactNode } from 'react';
import { isGlued, type Quantity } from '../utils/format';
import styles from './QuantityText.module.css';

export interface QuantityTextProps {
  quantity: Quantity;
}

/** A number with its unit muted; "not measured" is a dash that says so. */
export function QuantityText({ quantity }: QuantityTextProps): ReactNode {
  const { prefix, text, unit } = quantity;
  return (
    <span className={styles.quantity}>
      {prefix}
      {text}
      {unit !== '' && <span className={styles.unit}>{`${isGlued(unit) ? '' : '\u202f'}${unit}`}</span>}
    </span>
  );
}
