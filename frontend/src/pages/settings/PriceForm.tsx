import { useState, type SubmitEvent, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { serverNow } from '../../state/clock';
import { useSetPrice } from '../../state/prices';
import { emptyDraft, fromDraft, RATES, type PriceDraft, type Rate } from './priceRows';
import styles from './Settings.module.css';

export interface PriceFormProps {
  model: string;
  provider: string;
}

const RATE_FIELDS: Record<Rate, { label: string; hint?: string }> = {
  input: { label: 'Input' },
  output: { label: 'Output' },
  cache_read: { label: 'Cache read', hint: 'As input' },
  cache_write: { label: 'Cache write', hint: 'As input' },
  cache_write_1h: { label: 'Cache write, 1 h', hint: 'As write' },
  reasoning: { label: 'Reasoning', hint: 'As output' },
};

/** A price of one's own, for a model by its name. */
export function PriceForm({ model, provider }: PriceFormProps): ReactNode {
  const [draft, setDraft] = useState<PriceDraft>(() => emptyDraft(model, provider));
  const [problem, setProblem] = useState<string | null>(null);
  const save = useSetPrice();
  const change = (part: Partial<PriceDraft>): void => setDraft({ ...draft, ...part });
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const result = fromDraft(draft, serverNow());
    setProblem('problem' in result ? result.problem : null);
    if ('price' in result) save.mutate(result.price);
  };
  const wrong = problem ?? save.error?.message;
  return (
    <form onSubmit={submit} aria-label="Set a price">
      <div className={styles.form}>
        <Field
          label="Model"
          value={draft.model}
          maxLength={200}
          onChange={(event) => change({ model: event.target.value })}
        />
        <Field
          label="Provider"
          placeholder="Any"
          value={draft.provider}
          maxLength={200}
          onChange={(event) => change({ provider: event.target.value })}
        />
        <Field
          label="From (empty: ever since)"
          type="date"
          value={draft.from}
          onChange={(event) => change({ from: event.target.value })}
        />
      </div>
      <div className={styles.rates}>
        {RATES.map((rate) => (
          <Field
            key={rate}
            label={RATE_FIELDS[rate].label}
            placeholder={RATE_FIELDS[rate].hint}
            unit="USD / M"
            inputMode="decimal"
            value={draft.rates[rate]}
            onChange={(event) => change({ rates: { ...draft.rates, [rate]: event.target.value } })}
          />
        ))}
        <Button type="submit" look="primary" disabled={save.isPending}>
          Set price
        </Button>
      </div>
      {wrong && (
        <p className={styles.problem} role="alert">
          {wrong}
        </p>
      )}
      {save.isSuccess && !wrong && (
        <p className={styles.note} role="status">
          {setText(save.data.model, save.data.in_force)} What came before stays as it is until “sentinel
          reprice --from now-30d” is run on the server.
        </p>
      )}
    </form>
  );
}

function setText(model: string, inForce: boolean): string {
  return inForce
    ? `Requests of ${model} are charged at it from now on.`
    : `Requests of ${model} are charged at it from that day on.`;
}
