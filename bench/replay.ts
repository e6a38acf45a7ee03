/**
 * Checks in PyTorch that the models train as they should: `npx tsx bench/replay.ts --help`. Dumps steps of
 * each model at each width and has them replayed, one after the other, so that the disk holds one at a
 * time. Prints the JSON lines of `pytorch_step.py --replay`; exits with 1 where one does not agree.
 */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fail } from '../experiment/data/failure.ts';
import { MODEL_NAMES } from '../experiment/models/registry.ts';
import { runMain } from './options.ts';

const USAGE = `Usage: npx tsx bench/replay.ts --python PATH [options]
  --python PATH   a Python with torch and numpy
  --models A,B    (${MODEL_NAMES.join(',')})
  --widths A,B    (1,0.25)
  --batch N       (128)
  --layout NAME   (auto)`;

const { values } = parseArgs({
  options: {
    python: { type: 'string' },
    models: { type: 'string', default: MODEL_NAMES.join(',') },
    widths: { type: 'string', default: '1,0.25' },
    batch: { type: 'string', default: '128' },
    layout: { type: 'string', default: 'auto' },
    help: { type: 'boolean', default: false },
  },
});

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Whether the model agrees with PyTorch. Fails where it could not be dumped or replayed. */
function replayOne(python: string, folder: string, model: string, width: string): boolean {
  const { batch, layout } = values;
  const options = ['--models', model, '--width', width, '--batch', batch, '--layout', layout];
  const dump = [...process.execArgv, here('train-step.ts'), '--dump', folder, ...options];
  const dumped = spawnSync(process.execPath, dump, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (dumped.status !== 0) return fail(`${model} could not be dumped`);
  const replay = [here('pytorch_step.py'), '--replay', folder];
  const { status, error } = spawnSync(python, replay, { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0 && status !== 1) {
    return fail(`${model} could not be replayed: ${error?.message ?? `exit code ${status}`}`);
  }
  return status === 0;
}

await runMain(async () => {
  const { python, models, widths } = values;
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (python === undefined) return fail(`--python is missing\n${USAGE}`);
  let agree = true;
  for (const width of widths.split(',')) {
    for (const model of models.split(',')) {
      const folder = mkdtempSync(join(tmpdir(), 'bench-replay-'));
      const remove = () => rmSync(folder, { recursive: true, force: true });
      process.once('exit', remove);
      agree = replayOne(python, folder, model, width) && agree;
      process.off('exit', remove);
      remove();
    }
  }
  return agree ? 0 : 1;
});
