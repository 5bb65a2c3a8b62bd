import { lazy, Suspense, useState, type ReactNode } from 'react';
import { Redirect, useSearch } from 'wouter';
import { Banner } from '../../components/Banner';
import { Button } from '../../components/Button';
import { ErrorState } from '../../components/ErrorState';
import { OpeningBar } from '../../components/OpeningBar';
import { Placeholder } from '../../components/Placeholder';
import type { Me } from '../../services/types';
import { LiveProvider } from '../../state/live';
import { useAppliedPreferences } from '../../state/preferences';
import { useMe } from '../../state/session';
import { useKey } from '../../state/useHotkey';
import { useViewParams } from '../../state/urlState';
import { useZone } from '../../state/zone';
import { InSlices, OpeningProvider } from './InSlices';
import { Kiosk } from './Kiosk';
import { TopBar } from './TopBar';
import styles from './Shell.module.css';

const HelpDialog = lazy(() => import('./HelpDialog').then((module) => ({ default: module.HelpDialog })));
const PasswordDialog = lazy(() =>
  import('../people/PasswordDialog').then((module) => ({ default: module.PasswordDialog })),
);

export interface ShellProps {
  children: ReactNode;
}

/** The frame of every page behind the sign-in. */
export function Shell({ children }: ShellProps): ReactNode {
  const me = useMe();
  const search = useSearch();
  if (me.isPending) return <OpeningBar />;
  if (me.isError) {
    return (
      <main className={styles.main}>
        <ErrorState
          whole
          title="Sentinel does not answer"
          detail={me.error.message}
          onRetry={() => me.refetch()}
        />
      </main>
    );
  }
  if (me.data === null) {
    const path = window.location.pathname;
    const here = search === '' ? path : `${path}?${search}`;
    const next = here === '/' ? '' : `?next=${encodeURIComponent(here)}`;
    return <Redirect to={`/sign-in${next}`} replace />;
  }
  return (
    <InSlices fallback={<OpeningBar />}>
      <LiveProvider>
        <OpeningProvider>
          <Frame me={me.data}>{children}</Frame>
        </OpeningProvider>
      </LiveProvider>
    </InSlices>
  );
}

interface FrameProps {
  me: Me;
  children: ReactNode;
}

function Frame({ me, children }: FrameProps): ReactNode {
  const [settingPassword, setSettingPassword] = useState(false);
  const [helping, setHelping] = useState(false);
  useAppliedPreferences();
  const zone = useZone();
  const { params } = useViewParams();
  useKey('?', () => setHelping(true));
  const content = (
    // Times are written in many places: another zone draws the page anew.
    <main id="main" className={styles.main} key={zone}>
      <Suspense fallback={<Placeholder label="Loading the page" rows={12} />}>{children}</Suspense>
    </main>
  );
  return (
    <>
      {params.get('kiosk') === '1' ? (
        <Kiosk demo={me.demo}>{content}</Kiosk>
      ) : (
        <>
          <a className="visually-hidden" href="#main">
            Skip to the content
          </a>
          <TopBar me={me} onSetPassword={() => setSettingPassword(true)} onHelp={() => setHelping(true)} />
          <PasswordHint me={me} onSetPassword={() => setSettingPassword(true)} />
          {content}
        </>
      )}
      <Suspense fallback={null}>
        {settingPassword && <PasswordDialog me={me} onClose={() => setSettingPassword(false)} />}
        {helping && <HelpDialog onClose={() => setHelping(false)} />}
      </Suspense>
    </>
  );
}

interface PasswordHintProps {
  me: Me;
  onSetPassword: () => void;
}

function PasswordHint({ me, onSetPassword }: PasswordHintProps): ReactNode {
  const [dismissed, setDismissed] = useState(false);
  if (me.has_password || dismissed) return null;
  return (
    <Banner onDismiss={() => setDismissed(true)}>
      You signed in with a link. Set a password to sign in again without one.{' '}
      <Button look="quiet" onClick={onSetPassword}>
        Set a password
      </Button>
    </Banner>
  );
}
