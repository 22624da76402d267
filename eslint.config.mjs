import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'
import { borders } from './scripts/lint/rooms.mjs'
import { FORBID_EARLY_EXITS } from './scripts/lint/forbid-early-exits.mjs'

/** Forbids imports by pattern in some files. */
const restrict = (files, patterns) => ({ files, rules: { 'no-restricted-imports': ['error', { patterns }] } })

export default defineConfig(
  globalIgnores(['**/dist/', '**/node_modules/', 'test-results/', 'data/', 'demo/pages/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  { files: ['*.config.ts'], extends: [tseslint.configs.disableTypeChecked] },
  {
    files: ['**/*.test.ts', '**/*.spec.ts', '**/test/support/**'],
    linterOptions: { reportUnusedDisableDirectives: 'off' },
    rules: { '@typescript-eslint/require-await': 'off', 'no-empty-pattern': 'off' },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        AbortController: 'readonly',
        setTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        performance: 'readonly',
        fetch: 'readonly',
      },
    },
  },
  {
    files: ['src/**/*.ts', 'collector/src/**/*.ts'],
    plugins: { rooms: { rules: { borders } } },
    rules: { 'rooms/borders': 'error' },
  },
  // Packages that a room may import; rooms that it may import are in scripts/lint/rooms.mjs.
  restrict(
    ['src/contract/**', 'src/tracker/**', 'src/live/**'],
    [{ regex: '^[^.]', message: 'This room imports no package.' }],
  ),
  ...['react', 'vue', 'svelte'].map((name) =>
    restrict(
      [`src/${name}/**`],
      [
        { regex: `^(?!\\.|${name}$)`, message: `This room imports no package but ${name}.` },
        { regex: '/tracker/(?!index\\.js$)', message: 'This room imports only the entry of the tracker.' },
      ],
    ),
  ),
  restrict(
    ['src/node/**'],
    [{ regex: '^(?!\\.|node:)', message: 'This room imports no package but those of Node.' }],
  ),
  restrict(
    ['collector/src/**'],
    [
      {
        regex: '^@zenovay/(?!tracker/contract$)|/src/',
        message: 'The collector imports only the contract of the tracker.',
      },
    ],
  ),
  // In the page's scripts the hash is a part of the URL.
  {
    files: ['collector/src/**', 'src/node/**'],
    ignores: ['collector/dashboard/**'],
    rules: { 'no-restricted-syntax': ['error', ...FORBID_EARLY_EXITS] },
  },
  {
    files: ['collector/src/**'],
    ignores: ['collector/src/stores/**', 'collector/dashboard/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: ['kysely', 'libsql', '@clickhouse/client', 'chdb', 'ffi-rs'].map((name) => ({
            name,
            message: 'Only the stores know a database.',
          })),
        },
      ],
    },
  },
)
