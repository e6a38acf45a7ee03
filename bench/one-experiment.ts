/**
 * Measures how many cores one experiment keeps busy, `pipeline train --config …`, beside PyTorch for the
 * same epochs of the same cell: `npx tsx bench/one-experiment.ts --help`. Prints a JSON line about the
 * machine and one a side: {"side","wall_s","cpu_s","cores_busy"}.
 */

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { StageFailure } from '../experiment/data/failure.ts';
import { describeMachine } from './machine.ts';
import { runMain } from './options.ts';
import { measureCommand } from './whole-process.ts';
import { findProgram, withClone } from './workspace.ts';

const USAGE = `Usage: npx tsx bench/one-experiment.ts [options]
  --model NAME     (AlexNetSmall)
  --epochs N       (10)
  --set KEY=VALUE  as of pipeline train; may be repeated (training.width=1)
  --base FOLDER    an earlier checkout of this project, measured too
  --python PATH    a Python with torch and numpy; without it, PyTorch is not measured
Needs python3, which counts the time of the processor.`;

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'AlexNetSmall' },
    epochs: { type: 'string', default: '10' },
    set: { type: 'string', multiple: true, default: ['training.width=1'] },
    base: { type: 'string' },
    python: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

function measure(side: string, command: readonly string[], folder: string): void {
  const { wall_ms: wall, cpu_ms: cpu } = measureCommand(command, folder);
  if (cpu === null)
    throw new StageFailure('python3 is missing, which counts the time of the processor');
  const seconds = (milliseconds: number) => Number((milliseconds / 1000).toFixed(2));
  const line = { side, wall_s: seconds(wall), cpu_s: seconds(cpu) };
  console.log(JSON.stringify({ ...line, cores_busy: Number((cpu / wall).toFixed(2)) }));
}

/** Measures a checkout in a clone whose data are made and whose program is compiled. */
async function measureCheckout(
  side: string,
  from: string,
  then: (folder: string, config: string) => void,
): Promise<void> {
  await withClone({ from, installs: false }, async (folder) => {
    const pipeline = [process.execPath, findProgram(folder)];
    measureCommand([...pipeline, 'run', 'corrupt/0.0_none'], folder);
    const config = `experiments/quick/${values.model}/${values.model}_0.0_none.yaml`;
    const settings = values.set.flatMap((setting) => ['--set', setting]);
    const options = ['--config', config, '--epochs', values.epochs, ...settings];
    measure(side, [...pipeline, 'train', ...options], folder);
    then(folder, join(folder, config));
  });
}

async function measureAll(): Promise<void> {
  const { python, base, epochs } = values;
  const machine = await describeMachine();
  console.log(JSON.stringify({ ...machine, model: values.model, epochs, set: values.set }));
  if (base !== undefined) await measureCheckout('base', base, () => {});
  const here = fileURLToPath(new URL('..', import.meta.url));
  await measureCheckout('ours', here, (folder, config) => {
    if (python === undefined) return;
    const script = fileURLToPath(new URL('pytorch_figure.py', import.meta.url));
    const threads = String(availableParallelism());
    const rival = [python, script, folder, '--config', config, '--epochs', epochs];
    for (const format of [[], ['--channels-last']]) {
      const side = ['PyTorch', ...format].join(' ');
      measure(side, [...rival, '--threads', threads, ...format], folder);
    }
  });
}

await runMain(async () => {
  if (values.help) console.log(USAGE);
  else await measureAll();
  return 0;
});
