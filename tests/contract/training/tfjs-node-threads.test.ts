import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { MODEL_NAMES } from '../../../experiment/models/registry.ts';
import { REPOSITORY, runCommand } from '../../fixtures/project.ts';
import { describeOnTensorFlow } from './tfjs.ts';

const SCRIPT = fileURLToPath(new URL('print-digest.ts', import.meta.url));
const TASKSET = '/usr/bin/taskset';

async function digestsOf(threads: number, prefix: readonly string[] = []): Promise<string> {
  const command = [...prefix, process.execPath, '--import', 'tsx', SCRIPT, String(threads)];
  const [first = '', ...args] = command;
  const { code, stdout, stderr } = await runCommand([first, ...args], REPOSITORY);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

describeOnTensorFlow(() => {
  it('has the same bits whatever the number of threads asked for, and of processors', async () => {
    const expected = await digestsOf(1);
    expect(expected.trim().split('\n')).toHaveLength(MODEL_NAMES.length);
    expect(await digestsOf(2)).toBe(expected);
    expect(await digestsOf(4)).toBe(expected);
    if (existsSync(TASKSET)) expect(await digestsOf(2, [TASKSET, '-c', '0'])).toBe(expected);
  });
});
