import { createTheme } from '@mantine/core';

const still = { duration: 0 };

/** Nothing slides or fades: the page changes in one step. Fonts and radius stand in mantine.css, so that no script has to write them. */
export const mantineTheme = createTheme({
  cursorType: 'pointer',
  components: {
    Popover: { defaultProps: { transitionProps: still, shadow: 'none', returnFocus: true } },
    Menu: { defaultProps: { transitionProps: still, shadow: 'none', position: 'bottom-end' } },
    Modal: {
      defaultProps: {
        transitionProps: still,
        overlayProps: { blur: 0 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    // A `header` would be a second banner of the page: axe does not see that it stands within a dialog.
    ModalHeader: { defaultProps: { component: 'div' } },
  },
});
