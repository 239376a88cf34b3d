import tseslint from 'typescript-eslint';

/** Globals and modules that make an orchestrator give another answer at replay. */
const nonDeterministicGlobals = [
  'Date',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'fetch',
  'process',
  'crypto',
  'performance',
  'console',
].map((name) => ({ name, message: 'Orchestrators only decide: use context.df (clock, guid, timers) or an activity.' }));

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'test/golden/v1/**', '.dependency-cruiser.cjs'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['functions/orchestrators/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', ...nonDeterministicGlobals],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Orchestrators are deterministic.' },
        { object: 'df', property: 'lock', message: 'Extension bundles lack it: use the leases entity.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector:
            'FunctionDeclaration[async=true], FunctionExpression[async=true], ArrowFunctionExpression[async=true], AwaitExpression',
          message: 'Orchestrators are synchronous generators.',
        },
        { selector: 'ImportExpression', message: 'No dynamic import in an orchestrator.' },
      ],
    },
  },
  {
    // An entity that throws an Error shows its caller "[object Object]" (durable-functions 3.x): entities throw strings.
    files: ['functions/entities/**/*.ts'],
    rules: { '@typescript-eslint/only-throw-error': 'off' },
  },
  { files: ['demo/**/*.ts', 'build/**/*.ts', 'bench/**/*.ts'], rules: { 'no-console': 'off' } },
);
