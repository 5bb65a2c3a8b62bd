import type { ReactNode } from 'react';
import { Link } from 'wouter';
import { CopyBlock } from '../../components/CopyBlock';
import { QuantityText } from '../../components/QuantityText';
import tables from '../../components/Table.module.css';
import { priceAddress } from '../../state/urlState';
import { formatQuantity } from '../../utils/format';
import { priceCommands, whyUnpriced, type Unpriced } from './unpriced';
import styles from './UnpricedUsage.module.css';

export interface UnpricedUsageProps {
  unpriced: readonly Unpriced[];
  /** Where the range begins, for the command that corrects it. */
  start: string;
}

/** Usage that is in no cost: which, why, and what to do. Absent where everything has a price. */
export function UnpricedUsage({ unpriced, start }: UnpricedUsageProps): ReactNode {
  if (unpriced.length === 0) return null;
  const commands = priceCommands(unpriced, start);
  return (
    <section className={styles.section} aria-labelledby="unpriced-title">
      <h2 id="unpriced-title" className={styles.title}>
        Without a price
      </h2>
      <p className={styles.note}>This usage is in no cost above, because nobody knows what it cost.</p>
      <table className={tables.table}>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col" className={tables.number}>
              Requests
            </th>
            <th scope="col" className={tables.number}>
              Input tokens
            </th>
            <th scope="col" className={tables.number}>
              Output tokens
            </th>
            <th scope="col">Why</th>
          </tr>
        </thead>
        <tbody>
          {unpriced.map((usage) => (
            <tr key={`${usage.provider}\n${usage.model}`} className={tables.row} data-unpriced={usage.model}>
              <th scope="row">
                {usage.model === '' ? 'no model named' : usage.model}
                {usage.provider !== '' && <span className={tables.detail}>{usage.provider}</span>}
              </th>
              <td className={tables.number}>
                <QuantityText quantity={formatQuantity(usage.requests, 'count')} />
              </td>
              <td className={tables.number}>
                <QuantityText quantity={formatQuantity(usage.input_tokens, 'tokens')} />
              </td>
              <td className={tables.number}>
                <QuantityText quantity={formatQuantity(usage.output_tokens, 'tokens')} />
              </td>
              <td className={styles.why}>
                {whyUnpriced(usage)}
                {usage.model !== '' && (
                  <>
                    {'. '}
                    <Link href={priceAddress(usage.model, usage.provider)}>Set a price</Link>
                  </>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {commands !== null && (
        <div className={styles.remedy}>
          <p className={styles.note}>
            On the server, set prices in place of USD (per million tokens), then correct what is stored:
          </p>
          <CopyBlock label="Commands that set prices" text={commands} />
        </div>
      )}
    </section>
  );
}
