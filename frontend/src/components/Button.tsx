import type { ComponentProps, ReactNode } from 'react';
import styles from './Button.module.css';

export interface ButtonProps extends ComponentProps<'button'> {
  look?: 'plain' | 'primary' | 'quiet';
}

export function Button({ look = 'plain', type = 'button', className = '', ...rest }: ButtonProps): ReactNode {
  return <button type={type} className={`${styles.button} ${styles[look]} ${className}`} {...rest} />;
}
