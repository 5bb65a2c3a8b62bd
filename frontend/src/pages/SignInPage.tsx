import { useEffect, useState, type SubmitEvent, type ReactNode } from 'react';
import { useLocation, useSearch } from 'wouter';
import { Button } from '../components/Button';
import { DemoMark } from '../components/DemoMark';
import { Field } from '../components/Field';
import { ApiError } from '../services/http';
import { useIsDemo, useSignIn } from '../state/session';
import { linkToken, safeNext, signInProblem } from './people/signInText';
import { useDocumentTitle } from './useDocumentTitle';
import styles from './SignInPage.module.css';

function Head(): ReactNode {
  const isDemo = useIsDemo();
  return (
    <header className={styles.head}>
      <h1 className={styles.title}>Sentinel</h1>
      {isDemo && <DemoMark />}
    </header>
  );
}

/** Name and password, or a one-time link that exchanges itself. */
export function SignInPage(): ReactNode {
  useDocumentTitle('Sign in', 0);
  const [, navigate] = useLocation();
  const next = safeNext(useSearch());
  const [token] = useState(() => linkToken(window.location.hash));
  const signIn = useSignIn();
  const { mutate } = signIn;

  useEffect(() => {
    if (token === null) return;
    // The token must not stay in the address, the history or a bookmark. It works once, so it is sent once.
    if (linkToken(window.location.hash) === null) return;
    window.history.replaceState(null, '', window.location.pathname + window.location.search);
    mutate({ link: token });
  }, [mutate, token]);

  useEffect(() => {
    if (signIn.isSuccess) navigate(next, { replace: true });
  }, [navigate, next, signIn.isSuccess]);

  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    mutate({ name, password });
  };
  const byLink = signIn.variables !== undefined && 'link' in signIn.variables;
  const exchanging = signIn.isSuccess || (token !== null && (signIn.isIdle || (byLink && signIn.isPending)));
  const problem = signIn.error instanceof ApiError ? signInProblem(signIn.error, byLink) : null;
  return (
    <main className={styles.page}>
      <Head />
      {exchanging ? (
        <p role="status">Signing you in with the link…</p>
      ) : (
        <form className={styles.form} onSubmit={submit}>
          {problem && (
            <p className={styles.problem} role="alert">
              {problem}
            </p>
          )}
          <Field
            label="Name"
            name="username"
            autoComplete="username"
            required
            autoFocus
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(event) => setPassword(event.target.value)}
          />
          <Button type="submit" look="primary" disabled={signIn.isPending}>
            Sign in
          </Button>
          <p className={styles.hint}>
            No password yet? Run <code>sentinel link</code> on the server and open the link that it prints.
          </p>
        </form>
      )}
    </main>
  );
}
