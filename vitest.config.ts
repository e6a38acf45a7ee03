import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** `npm test` runs everything but `*.slow.test.ts`; `npm run test:slow` runs only those. */
const slow = process.env['TEST_SLOW'] === '1';

export default defineConfig({
  test: {
    include: [slow ? 'tests/**/*.slow.test.ts' : 'tests/**/*.test.ts'],
    exclude: slow ? [] : ['tests/**/*.slow.test.ts'],
    testTimeout: slow ? 20 * 60_000 : 2 * 60_000,
    hookTimeout: 2 * 60_000,
    maxConcurrency: 4,
    pool: 'forks',
    // Most tests wait for processes that they started, so a file for each CPU is not too many.
    maxWorkers: availableParallelism(),
  },
});
