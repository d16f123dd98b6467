// What the linter insists on: the habits of docs/architecture.md that a machine can judge. Warnings are errors (`npm run lint`).
import eslint from '@eslint/js'
import tseslint from 'typescript-eslint'

const CODE = ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'scripts/**/*.ts']
const NODE_GLOBALS = {
  console: 'readonly',
  process: 'readonly',
  Buffer: 'readonly',
  URL: 'readonly',
  clearTimeout: 'readonly',
  setTimeout: 'readonly',
}

const NO_DEFAULT_EXPORT = {
  selector: 'ExportDefaultDeclaration',
  message: 'Named exports only; what oclif loads (commands, help, templates) is the one exception.',
}

export default tseslint.config(
  {ignores: ['dist/', '.test-build*/', 'coverage/', '.cache/', 'node_modules/']},
  // A rule is kept or changed here, for everybody: no comment in a file can turn it off.
  {linterOptions: {noInlineConfig: true, reportUnusedDisableDirectives: 'error'}},
  eslint.configs.recommended,
  {
    files: ['**/*.js', '**/*.cjs'],
    languageOptions: {globals: NODE_GLOBALS},
    rules: {'max-lines-per-function': ['error', {max: 70}], 'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT]},
  },
  {
    files: ['bin/*.js'],
    languageOptions: {sourceType: 'commonjs', globals: {__dirname: 'readonly', structuredClone: 'readonly'}},
  },
  {files: ['eslint.config.js'], rules: {'no-restricted-syntax': 'off'}},
  {
    files: CODE,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {parserOptions: {project: ['./test/tsconfig.json'], tsconfigRootDir: import.meta.dirname}},
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', {fixStyle: 'inline-type-imports'}],
      '@typescript-eslint/no-unused-vars': ['error', {argsIgnorePattern: '^_', caughtErrors: 'none'}],
      '@typescript-eslint/prefer-readonly': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', {considerDefaultExhaustiveForUnions: true}],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        {allowNumber: true, allow: [{name: 'SlotSet', from: 'file'}]}, // it prints as "0-5460 6000"
      ],
      // An interface method may be async because another implementation of it must be.
      '@typescript-eslint/require-await': 'off',
      curly: ['error', 'multi-line'],
      eqeqeq: 'error',
      'max-lines': ['error', {max: 500}],
      'max-lines-per-function': ['error', {max: 70, skipComments: true}],
      'no-restricted-syntax': ['error', NO_DEFAULT_EXPORT],
      'no-console': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
    },
  },
  {files: ['src/commands/**/*.ts', 'src/cli/help.ts', 'src/cli/templates.ts'], rules: {'no-restricted-syntax': 'off'}},
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // A suite is one long function that holds many short ones.
      'max-lines-per-function': 'off',
      // `expect(x).to.be.true` is an expression to the linter and an assertion to chai.
      '@typescript-eslint/no-unused-expressions': 'off',
    },
  },
  {files: ['bench/**/*.ts'], rules: {'no-console': 'off'}},
)
