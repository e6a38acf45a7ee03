/** Runs the probe of a module that tells of the machine, in a process of its own and the environment of stages. */

import { spawn } from 'node:child_process';
import { makeStageEnvironment } from './environment.ts';

/** A GPU that does not answer is no reason to wait for ever. */
const TIMEOUT_S = 120;

/** A library that crashes or prints does so in a process of its own; what it has told before that counts. */
const CALL = `
const { probe } = await import(process.argv[1]);
if (typeof probe !== 'function') throw new Error('it exports no function probe');
process.send(await probe(), () => process.exit());
`;

/**
 * Calls `probe` of a bundle.
 *
 * @param url of the bundle, see {@link addressBundle}
 * @returns what it gave, as JSON has it
 * @throws Error that says why it gave nothing
 */
export function runProbe(url: string, workspace: string): Promise<unknown> {
  const env = makeStageEnvironment(process.env, [], []);
  // A probe sees all GPUs that there are.
  for (const name of ['CUDA_VISIBLE_DEVICES', 'HIP_VISIBLE_DEVICES']) {
    const own = process.env[name];
    if (own === undefined) delete env[name];
    else env[name] = own;
  }
  const args = ['--enable-source-maps', '--input-type=module', '--eval', CALL, url];
  const child = spawn(process.execPath, args, {
    cwd: workspace,
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let words = '';
  // There is none where the process was not started for want of open files.
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    words += text;
  });
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      words = `it did not answer within ${TIMEOUT_S} s`;
      child.kill('SIGKILL');
    }, TIMEOUT_S * 1000);
    child.once('message', resolve);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(late);
      reject(
        new Error(
          wordEnd(words, signal === null ? `ended with ${code}` : `was ended by ${signal}`),
        ),
      );
    });
  });
}

/** The line of an error, of all that is printed about it. */
function wordEnd(words: string, end: string): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '');
  const thrown = lines.findLast((line) => /^\w*(Error|Failure)\b.*: /.test(line));
  return thrown?.replace(/^\w+: /, '') ?? lines.at(-1) ?? `it ${end}`;
}
