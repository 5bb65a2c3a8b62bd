import { useDeferredValue, useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { Field } from '../../components/Field';
import { Placeholder } from '../../components/Placeholder';
import { Toggle } from '../../components/Toggle';
import type { Price } from '../../services/types';
import { usePrices, useWithdrawPrice } from '../../state/prices';
import { canEdit, useMe } from '../../state/session';
import { useViewParams } from '../../state/urlState';
import { PriceForm } from './PriceForm';
import { priceNotes, rateText, ruleOf } from './priceRows';
import styles from './Settings.module.css';

/** What models cost: bundled prices, and those that were set here. */
export function PricesPart(): ReactNode {
  const { params } = useViewParams();
  const editable = canEdit(useMe().data);
  const [model, setModel] = useState(params.get('model') ?? '');
  const [own, setOwn] = useState(false);
  const question = { model: useDeferredValue(model.trim()), own };
  return (
    <>
      {editable ? (
        <PriceForm model={params.get('model') ?? ''} provider={params.get('provider') ?? ''} />
      ) : (
        <p className={styles.note}>Editors and admins set prices.</p>
      )}
      <div className={styles.form}>
        <Field
          label="Find a model"
          type="search"
          value={model}
          onChange={(event) => setModel(event.target.value)}
        />
        <Toggle on={own} title="Without the bundled prices" onChange={setOwn}>
          Set here only
        </Toggle>
      </div>
      <PriceList question={question} editable={editable} />
    </>
  );
}

interface PriceListProps {
  question: { model: string; own: boolean };
  editable: boolean;
}

function PriceList({ question, editable }: PriceListProps): ReactNode {
  const prices = usePrices(question);
  if (prices.isPending) return <Placeholder label="Loading the prices" rows={12} />;
  if (prices.data === undefined) {
    return (
      <ErrorState
        title="The prices cannot be shown"
        detail={prices.error.message}
        onRetry={() => void prices.refetch()}
      />
    );
  }
  const rows = prices.data.pages.flatMap((page) => page.prices);
  if (rows.length === 0) {
    return (
      <EmptyState title={question.own ? 'No price was set here' : 'No price of such a model'}>
        <p>Requests of a model without a price have no cost.</p>
      </EmptyState>
    );
  }
  return (
    <>
      <PriceTable prices={rows} editable={editable} />
      <div className={styles.end}>
        {prices.hasNextPage && (
          <Button disabled={prices.isFetchingNextPage} onClick={() => void prices.fetchNextPage()}>
            Show more
          </Button>
        )}
        <span className={styles.note}>
          USD per million tokens. Bundled prices are of {prices.data.pages[0]?.published}.
        </span>
      </div>
    </>
  );
}

function PriceTable({ prices, editable }: { prices: readonly Price[]; editable: boolean }): ReactNode {
  return (
    <div className={styles.scroll}>
      <table className={styles.table}>
        <caption className="visually-hidden">Prices</caption>
        <thead>
          <tr>
            <th scope="col">Model</th>
            <th scope="col">Provider</th>
            <th scope="col" className={styles.number}>
              Input
            </th>
            <th scope="col" className={styles.number}>
              Output
            </th>
            <th scope="col" className={styles.number}>
              Cache read
            </th>
            <th scope="col" className={styles.number}>
              Cache write
            </th>
            <th scope="col">Source</th>
          </tr>
        </thead>
        <tbody>
          {prices.map((price, place) => (
            <tr key={`${price.provider} ${price.version} ${price.model} ${place}`} className={styles.row}>
              <th scope="row">{price.model}</th>
              <td>{price.provider === '' ? 'any' : price.provider}</td>
              <td className={styles.number}>{rateText(price.usd_per_million.input)}</td>
              <td className={styles.number}>{rateText(price.usd_per_million.output)}</td>
              <td className={styles.number}>{rateText(price.usd_per_million.cache_read)}</td>
              <td className={styles.number}>{rateText(price.usd_per_million.cache_write)}</td>
              <td>
                {price.source === 'user' ? 'set here' : 'bundled'}
                <span className={styles.faint}>{priceNotes(price)}</span>
                {editable && price.source === 'user' && <Withdraw price={price} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Withdraw({ price }: { price: Price }): ReactNode {
  const withdraw = useWithdrawPrice();
  return (
    <>
      <Button
        look="quiet"
        aria-label={`Withdraw the price of ${price.model}`}
        disabled={withdraw.isPending}
        onClick={() => withdraw.mutate(ruleOf(price))}
      >
        Withdraw
      </Button>
      {withdraw.isError && (
        <span className={styles.problem} role="alert">
          {withdraw.error.message}
        </span>
      )}
    </>
  );
}
