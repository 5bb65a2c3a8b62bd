import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

const CHARTS_PREPARE = '**/charts/prepare/**';

/** Layers, lowest first: `utils <- design <- components <- charts <- pages`; services and state stand beside them. */
const LAYERS = {
  utils: {
    forbids: ['design', 'services', 'state', 'components', 'charts', 'pages'],
    instead: 'utils know nothing of the rest: pass what is needed as an argument.',
  },
  design: {
    forbids: ['services', 'state', 'components', 'charts', 'pages'],
    instead: 'design holds looks alone: pass what is needed as an argument.',
  },
  services: {
    forbids: ['design', 'state', 'components', 'charts', 'pages'],
    instead: 'services talk to the server and know utils alone: return data and let state or a page use it.',
  },
  state: {
    forbids: ['design', 'components', 'charts', 'pages'],
    instead: 'state is hooks over services: return values and let a page give them to components.',
  },
  components: {
    forbids: ['state', 'charts', 'pages'],
    instead: 'components take data and callbacks as props: fetch and navigate in a page.',
    typesOnly: ['services'],
  },
  charts: {
    forbids: ['state', 'pages'],
    instead: 'charts take data and callbacks as props: fetch and navigate in a page.',
    typesOnly: ['services'],
  },
};

function layerRule(name) {
  const { forbids, instead, typesOnly = [] } = LAYERS[name];
  const patterns = [
    { group: forbids.map((other) => `**/${other}/**`), message: instead },
    ...(typesOnly.length > 0
      ? [{ group: typesOnly.map((other) => `**/${other}/**`), allowTypeImports: true, message: instead }]
      : []),
  ];
  return {
    files: [`src/${name}/**/*.{ts,tsx}`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: D3_WHOLE, patterns }] },
  };
}

const D3_WHOLE = [{ name: 'd3', message: 'Import the one module that is needed, such as d3-scale.' }];

const COLOUR = 'Literal[value=/^#[0-9a-fA-F]{3,8}$|^(rgb|rgba|hsl|hsla|oklch)\\(/]';

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'src/services/generated'] },
  js.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-invalid-void-type': ['error', { allowAsThisParameter: true }],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: {
      ...reactHooks.configs.recommended.rules,
      'react-hooks/exhaustive-deps': 'error',
      'max-lines': ['error', 400],
      'max-lines-per-function': ['error', 70],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportDefaultDeclaration',
          message: 'Use a named export: its name is the same everywhere.',
        },
        { selector: COLOUR, message: 'Colours live in src/design/tokens.css: use a CSS variable or a hue.' },
      ],
    },
  },
  {
    files: ['src/**/*.{ts,tsx}'],
    ignores: ['src/services/http.ts', 'src/services/stream.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'Call a function of src/services: they are the only way to the server.' },
        { name: 'EventSource', message: 'Use src/services/stream.ts: the page holds one stream.' },
      ],
    },
  },
  ...Object.keys(LAYERS).map(layerRule),
  {
    files: [`src/${CHARTS_PREPARE.replace('**/', '')}/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'react', message: 'prepare is pure: decide here, render in draw.' }] },
      ],
    },
  },
  {
    files: ['scripts/**/*.mjs', 'eslint.config.js'],
    languageOptions: { globals: { console: 'readonly', process: 'readonly' } },
  },
  {
    files: ['public/**/*.js'],
    languageOptions: {
      globals: { document: 'readonly', localStorage: 'readonly', matchMedia: 'readonly' },
      sourceType: 'script',
    },
  },
);
