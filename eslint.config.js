import { readdirSync } from 'node:fs'
import regexp from 'eslint-plugin-regexp'
import vue from 'eslint-plugin-vue'
import tseslint from 'typescript-eslint'

const LONGEST_FILE = 400
const LONGEST_TEST = 500

/** Which rooms a room may not import from; core and the adapters are to be understood without Node-RED. */
const closedDoors = {
  core: ['adapters', 'nodes', 'editor', 'station', 'sandbox', 'bench', 'scripts', 'test'],
  adapters: ['nodes', 'editor', 'station', 'sandbox', 'bench', 'scripts', 'test'],
  nodes: ['adapters', 'editor', 'station', 'sandbox', 'bench', 'scripts', 'test'],
  editor: ['adapters', 'station', 'sandbox', 'bench', 'scripts', 'test'],
  station: ['nodes', 'editor', 'sandbox', 'bench', 'scripts', 'test'],
  sandbox: ['adapters', 'nodes', 'editor', 'station', 'bench', 'scripts', 'test'],
  // What is measured is measured from outside, the ledger apart.
  bench: ['adapters', 'nodes', 'editor', 'station', 'sandbox', 'scripts'],
}

const rooms = (folder) =>
  readdirSync(new URL(folder, import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)

const restricted = (files, ...patterns) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { patterns }] },
})

// The legacy systems in miniature speak with bytes of their own, or they would share our mistakes.
const ownBytes = { regex: '(^|/)\\.\\./core/(?!util/)', message: 'sandbox/ knows of core only util.' }

const closed = (room) => [
  { group: closedDoors[room].map((other) => `**/../${other}/**`), message: `${room}/ may not import from there.` },
  ...(room === 'nodes' || room === 'editor'
    ? []
    : [{ group: ['node-red', '@node-red/*'], message: `${room}/ knows no Node-RED.` }]),
]

const doors = Object.keys(closedDoors).map((room) =>
  restricted([`${room}/**/*.ts`], ...closed(room), ...(room === 'sandbox' ? [ownBytes] : [])),
)

// An adapter knows core and the kit, never another adapter; the kit knows none.
const adapters = rooms('adapters')
const siblings = adapters.map((adapter) =>
  restricted([`adapters/${adapter}/**/*.ts`], ...closed('adapters'), {
    group: adapters.filter((other) => other !== adapter && other !== 'kit').map((other) => `**/../${other}/**`),
    message: 'An adapter knows no other adapter: what several need stands in adapters/kit.',
  }),
)

// What may happen is said without saying where it is kept: any store behind the port, and any test of one.
const rules = restricted(['core/ledger/rules/**/*.ts'], ...closed('core'), {
  regex:
    '^kysely|^better-sqlite3|^\\.\\./(database|sqlite|statement|books|group-commit)\\.ts$|/(store|queries|client)/',
  message: 'core/ledger/rules knows no store: what it asks of one stands in rules/stores.ts and rules/pruning.ts.',
})

// The console is served to browsers: what it knows of the station it hears over HTTP.
const page = restricted(['console/**/*.{ts,vue}'], {
  regex: '^(\\.\\./)+(core|adapters|nodes|editor|station/|sandbox|bench|scripts|test)',
  message: 'console/ imports nothing of the station: it asks it.',
})

export default tseslint.config(
  { ignores: ['dist/', 'var/', 'coverage/', 'node_modules/'] },
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      'max-lines': ['error', { max: LONGEST_FILE, skipBlankLines: false, skipComments: false }],
      // winston's transports are typed as instances of a class that they are not made by.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // Kysely's query builders start from the empty object.
      '@typescript-eslint/no-generated-empty-object-type': 'off',
      'no-console': 'error',
      'no-constant-binary-expression': 'error',
      'no-control-regex': 'error',
      'no-empty': 'error',
      'no-misleading-character-class': 'error',
      'no-self-compare': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-escape': 'error',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'] }],
      eqeqeq: 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_$' }],
      // A port's method is asynchronous for the implementations that wait; the others have nothing to await.
      '@typescript-eslint/require-await': 'off',
      // `for (;;)` and `while (true)` say what they do.
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
    },
  },
  {
    files: ['core', 'adapters', 'nodes', 'editor', 'station'].map((room) => `${room}/**/*.{ts,js}`),
    plugins: { regexp },
    // What comes from outside is of any length: a pattern whose time grows faster than its text stops the house.
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential', ignoreSticky: true }],
    },
  },
  {
    files: ['core', 'adapters', 'nodes', 'editor', 'station'].map((room) => `${room}/**/*.ts`),
    ignores: ['core/util/clock.ts'],
    // A clock that jumps destroys nothing: time comes from the station's one clock (core/util/guarded-clock.ts).
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
          message: "The machine's clock may jump: take the station's (Clock, hops.now()).",
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: "The machine's clock may jump: take the station's (Clock, hops.now()).",
        },
      ],
    },
  },
  ...doors,
  ...siblings,
  rules,
  {
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: LONGEST_TEST, skipBlankLines: false, skipComments: false }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
    },
  },
  {
    files: ['console/**/*.vue'],
    extends: [vue.configs['flat/recommended'], tseslint.configs.disableTypeChecked],
    languageOptions: {
      parserOptions: { parser: tseslint.parser, extraFileExtensions: ['.vue'], projectService: false },
    },
    rules: {
      // How a template is broken into lines is prettier's.
      'vue/html-indent': 'off',
      'vue/html-self-closing': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/max-attributes-per-line': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/no-v-html': 'error',
    },
  },
  page,
  // Programs of the command line speak to their terminal.
  { files: ['scripts/**/*.ts', 'bench/**/*.ts', 'sandbox/**/*.{ts,js}'], rules: { 'no-console': 'off' } },
  { files: ['**/*.js'], extends: [tseslint.configs.disableTypeChecked] },
)
