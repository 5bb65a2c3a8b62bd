// Runs before the first paint, so that a dark page never flashes white. The same key as src/state/theme.ts.
(function () {
  var choice;
  try {
    choice = localStorage.getItem('sentinel-theme');
  } catch {
    choice = null;
  }
  var dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
})();
