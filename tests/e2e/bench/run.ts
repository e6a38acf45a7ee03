/** Runs the benchmarks as a user does, at a size that a test can wait for. */

import { join } from 'node:path';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';

/** `npx tsx bench/<script>` with these arguments. */
export function runBench(script: string, args: readonly string[]) {
  const path = join(REPOSITORY, 'bench', script);
  return runCommand([process.execPath, '--import', 'tsx', path, ...args], REPOSITORY);
}

/** The objects in a text of JSON lines. */
export function parseLines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}
