import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  build: {
    target: 'es2022',
    manifest: true,
    // An inlined font or image would need `data:` in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { '/api': 'http://127.0.0.1:8000' } },
  test: {
    environment: 'jsdom',
    environmentOptions: { jsdom: { url: 'http://sentinel.test/' } },
    include: ['tests/{unit,components,integration}/**/*.test.{ts,tsx}'],
    setupFiles: ['tests/setup.ts'],
    css: { modules: { classNameStrategy: 'non-scoped' } },
    restoreMocks: true,
    // A busy machine is slow, not wrong: a test waits for a state, and this is only how long at most.
    testTimeout: 60_000,
    coverage: {
      provider: 'v8',
      include: ['src/**/*.{ts,tsx}'],
      exclude: [
        // Mounts the application into the page: nothing to decide, and the browser test runs it.
        'src/main.tsx',
        // Types alone, made from the contract.
        'src/services/generated/**',
        'src/**/*.d.ts',
      ],
      thresholds: { lines: 90 },
    },
  },
});
