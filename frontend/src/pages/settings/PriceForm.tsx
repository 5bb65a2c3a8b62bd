import { useState, type SubmitEvent, type ReactNode } from 'react';
import { Button } from '../../components/Button';
import { Field } from '../../components/Field';
import { useSetPrice } from '../../state/prices';
import { fromDraft, type PriceDraft } from './priceRows';
import styles from './Settings.module.css';

export interface PriceFormProps {
  model: string;
  provider: string;
}

const FIELDS: readonly { name: keyof PriceDraft; label: string; hint?: string }[] = [
  { name: 'model', label: 'Model' },
  { name: 'provider', label: 'Provider', hint: 'Empty: any' },
  { name: 'input', label: 'Input' },
  { name: 'output', label: 'Output' },
  { name: 'cacheRead', label: 'Cache read' },
];

/** A price of one's own, for a model by its name. */
export function PriceForm({ model, provider }: PriceFormProps): ReactNode {
  const [draft, setDraft] = useState<PriceDraft>({ model, provider, input: '', output: '', cacheRead: '' });
  const [problem, setProblem] = useState<string | null>(null);
  const save = useSetPrice();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const result = fromDraft(draft);
    setProblem('problem' in result ? result.problem : null);
    if ('price' in result) save.mutate(result.price);
  };
  const wrong = problem ?? save.error?.message;
  return (
    <form onSubmit={submit} aria-label="Set a price">
      <div className={styles.form}>
        {FIELDS.map(({ name, label, hint }) => (
          <Field
            key={name}
            label={label}
            placeholder={hint}
            value={draft[name]}
            maxLength={200}
            unit={name === 'model' || name === 'provider' ? undefined : 'USD / M'}
            inputMode={name === 'model' || name === 'provider' ? undefined : 'decimal'}
            onChange={(event) => setDraft({ ...draft, [name]: event.target.value })}
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
          Requests of {save.data.model} are charged at it from now on. What came before stays as it is until
          “sentinel reprice --from now-30d” is run on the server.
        </p>
      )}
    </form>
  );
}
