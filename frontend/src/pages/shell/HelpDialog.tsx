import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import styles from './HelpDialog.module.css';

export interface HelpDialogProps {
  onClose: () => void;
}

const SECTIONS: readonly { title: string; keys: readonly { keys: string; does: string }[] }[] = [
  {
    title: 'Everywhere',
    keys: [
      { keys: 'Ctrl K', does: 'Go to an agent, a view or a page' },
      { keys: '/', does: 'Filter the fleet' },
      { keys: '?', does: 'This help' },
    ],
  },
  {
    title: 'Charts',
    keys: [
      { keys: 'Drag', does: 'Zoom in; a double click zooms out' },
      { keys: 'Shift drag', does: 'Look into a part: what changed, and the requests' },
      { keys: '← →', does: 'Move the crosshair; with Shift ten steps' },
      { keys: 'Home End', does: 'To the start or the end of the range' },
      { keys: 'Enter', does: 'Zoom in around the crosshair; with Shift look into it' },
      { keys: 'Esc', does: 'Clear the crosshair, leave the kiosk' },
    ],
  },
  {
    title: 'Charts, touched',
    keys: [
      { keys: 'Tap', does: 'Read the values of that moment' },
      { keys: 'Drag', does: 'Zoom in; a double tap zooms out' },
      { keys: 'Long-press drag', does: 'Look into a part: what changed, and the requests' },
    ],
  },
];

/** What keys and fingers do. */
export function HelpDialog({ onClose }: HelpDialogProps): ReactNode {
  return (
    <Modal opened onClose={onClose} title="Keyboard and touch" size={480}>
      {SECTIONS.map((section) => (
        <section key={section.title} className={styles.section}>
          <h3 className={styles.title}>{section.title}</h3>
          <dl>
            {section.keys.map((item) => (
              <div key={item.keys} className={styles.line}>
                <dt>
                  {item.keys.split(' ').map((key) => (
                    <kbd key={key} className={styles.key}>
                      {key}
                    </kbd>
                  ))}
                </dt>
                <dd>{item.does}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </Modal>
  );
}
