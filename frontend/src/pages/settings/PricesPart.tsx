import { useDeferredValue, useState, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { ConfirmButton } from '../../components/ConfirmButton';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { Field } from '../../components/Field';
import { Placeholder } from '../../components/Placeholder';
import tables from '../../components/Table.module.css';
import { Toggle } from '../../components/Toggle';
import type { Price } from '../../services/types';
import { useNow } from '../../state/clock';
import { usePrices, useWithdrawPrice } from '../../state/prices';
import { canEdit, useMe } from '../../state/session';
import { useViewParams } from '../../state/urlState';
import { formatStart } from '../../utils/timeText';
import { PriceForm } from './PriceForm';
import { priceNotes, rateText, ruleOf, type Rate } from './priceRows';
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
        onRetry={() => prices.refetch()}
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

const RATE_COLUMNS: readonly { title: string; rate: Rate; className: string | undefined }[] = [
  { title: 'Input', rate: 'input', className: '' },
  { title: 'Output', rate: 'output', className: '' },
  { title: 'Cache read', rate: 'cache_read', className: '' },
  { title: 'Cache write', rate: 'cache_write', className: '' },
  { title: 'Reasoning', rate: 'reasoning', className: styles.wideScreen },
];

function PriceTable({ prices, editable }: { prices: readonly Price[]; editable: boolean }): ReactNode {
  return (
    <table className={tables.table}>
      <caption className="visually-hidden">Prices</caption>
      <thead>
        <tr>
          <th scope="col">Model</th>
          <th scope="col">Provider</th>
          {RATE_COLUMNS.map(({ title, rate, className }) => (
            <th key={rate} scope="col" className={`${tables.number} ${className ?? ''}`}>
              {title}
            </th>
          ))}
          <th scope="col">From</th>
          <th scope="col">Source</th>
        </tr>
      </thead>
      <tbody>
        {prices.map((price, place) => (
          <PriceRow
            key={`${price.provider} ${price.version} ${price.model} ${place}`}
            price={price}
            editable={editable}
          />
        ))}
      </tbody>
    </table>
  );
}

function PriceRow({ price, editable }: { price: Price; editable: boolean }): ReactNode {
  const nowMs = useNow();
  return (
    <tr className={tables.row}>
      <th scope="row">{price.model}</th>
      <td>{price.provider === '' ? 'any' : price.provider}</td>
      {RATE_COLUMNS.map(({ rate, className }) => (
        <td key={rate} className={`${tables.number} ${className ?? ''}`}>
          {rateText(price.usd_per_million[rate])}
        </td>
      ))}
      <td className={styles.when}>
        {price.from === null ? 'ever since' : formatStart(Date.parse(price.from), nowMs)}
      </td>
      <td>
        {price.source === 'user' ? 'set here' : 'bundled'}
        <span className={tables.detail}>{priceNotes(price)}</span>
        {editable && price.source === 'user' && <Withdraw price={price} />}
      </td>
    </tr>
  );
}

/** Bundled prices hold again; of what is stored nothing changes. */
function Withdraw({ price }: { price: Price }): ReactNode {
  const withdraw = useWithdrawPrice();
  return (
    <ConfirmButton
      words="Withdraw"
      label={`Withdraw the price of ${price.model}`}
      question="End all that was set here for it?"
      yes="Yes, withdraw"
      pending={withdraw.isPending}
      problem={withdraw.error?.message ?? null}
      onConfirm={() => withdraw.mutate(ruleOf(price))}
    />
  );
}
