/** Calls a function in a process of its own: a crash or noise of a native library stays there. */

import { fileURLToPath } from 'node:url';
import { lastLines, runTool } from './run-tool.ts';

/** What a call came to: a value, or why there is none. */
export type CallResult<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: string };

const PROGRAM = `
const [module, name, argument] = process.argv.slice(1);
const { pathToFileURL } = await import('node:url');
const { [name]: call } = await import(pathToFileURL(module).href);
let result;
try {
  result = { ok: true, value: await call(JSON.parse(argument)) };
} catch (error) {
  result = { ok: false, reason: String(error?.message ?? error).split('\\n')[0] };
}
process.stdout.write('\\n' + JSON.stringify(result) + '\\n', () => process.exit());
`;

const TIMEOUT = 120_000;

/**
 * Calls a function that `called-in-child.ts` exports by this name; argument and value travel as JSON. Never rejects but for an interruption through `signal`.
 */
export async function callInChild<T>(
  name: string,
  argument: string,
  { cwd, signal }: { readonly cwd: string; readonly signal?: AbortSignal },
): Promise<CallResult<T>> {
  const module = fileURLToPath(new URL('./called-in-child.ts', import.meta.url));
  const args = [module, name, JSON.stringify(argument)];
  const result = await runTool(
    process.execPath,
    ['--input-type=module', '--eval', PROGRAM, '--', ...args],
    { cwd, timeout: TIMEOUT, ...(signal === undefined ? {} : { signal }) },
  );
  const last = result.stdout.trimEnd().split('\n').at(-1) ?? '';
  if (result.code === 0 && last.startsWith('{')) return JSON.parse(last) as CallResult<T>;
  return { ok: false, reason: lastLines(result, 4).trim() || `it ended with ${result.code}` };
}
