import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'
import { FORBID_EARLY_EXITS } from './scripts/lint/forbid-early-exits.mjs'

/** A room may import only what its arrows in ARCHITECTURE.md allow. */
const border = (files, patterns) => ({ files, rules: { 'no-restricted-imports': ['error', { patterns }] } })

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
  border(
    ['src/contract/**'],
    [{ regex: '^(?!\\./)', message: 'The contract room imports nothing from outside.' }],
  ),
  border(
    ['src/tracker/**', 'src/live/**'],
    [{ regex: '^(?!\\./|\\.\\./contract/)', message: 'This room may import only the contract.' }],
  ),
  ...['react', 'vue', 'svelte'].map((name) =>
    border(
      [`src/${name}/**`],
      [
        {
          regex: `^(?!\\./|\\.\\./tracker/index\\.js$|${name}$)`,
          message: `This room may import only the entry of the tracker and ${name}.`,
        },
      ],
    ),
  ),
  border(
    ['src/node/**'],
    [
      {
        regex: '^(?!\\./|\\.\\./contract/|node:)',
        message: 'This room may import only the contract and Node.',
      },
    ],
  ),
  border(
    ['collector/src/**'],
    [
      {
        regex: '^@zenovay/(?!tracker/contract$)|/src/',
        message: 'The collector may import only the contract of the tracker.',
      },
    ],
  ),
  // In the page's scripts the hash is a part of the URL.
  {
    files: ['collector/src/**', 'src/node/**'],
    ignores: ['collector/src/dashboard/page/**'],
    rules: { 'no-restricted-syntax': ['error', ...FORBID_EARLY_EXITS] },
  },
  {
    files: ['collector/src/**'],
    ignores: ['collector/src/stores/**', 'collector/src/dashboard/page/**'],
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
