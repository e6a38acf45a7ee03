/**
 * Runs a large sweep on a simulated Slurm cluster: the real program, with its journal, watch and
 * scheduler, against stand-ins for sbatch, squeue, sacct, scancel and scontrol; JSON lines.
 */

import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readNumber, runMain } from './options.ts';
import { simulate } from './slurm-simulation/simulate.ts';

const USAGE = `Usage: npx tsx bench/slurm-simulation.ts [options]
  --cells N       cells of the sweep, whole thousands above 1000 (1000)
  --nodes N       nodes of the cluster, one cell each (1000)
  --seconds S     how long a cell runs on average (4)
  --queued N      slurm.queued: how many may be queued or running at once (4000)
  --throttle N    slurm.throttle: how many of one array may run at once (1000)
  --poll TIME     slurm.poll (10s)
  --array N       MaxArraySize (1001)
  --submit N      MaxSubmitJobs (1000000)
  --faults X      how many times as likely as usual faults are, 0 for none (1)
  --kills N       how often the run is killed and started again (1)
  --seed N        decides what goes wrong (1)
  --folder PATH   where the temporary workspace is made (the system's)`;

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      cells: { type: 'string', default: '1000' },
      nodes: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '4' },
      queued: { type: 'string', default: '4000' },
      throttle: { type: 'string', default: '1000' },
      poll: { type: 'string', default: '10s' },
      array: { type: 'string', default: '1001' },
      submit: { type: 'string', default: '1000000' },
      faults: { type: 'string', default: '1' },
      kills: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      folder: { type: 'string', default: tmpdir() },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const read = (name: Exclude<keyof typeof values, 'help'>) =>
    values[name] === '0' ? 0 : readNumber(name, values[name]);
  const program = fileURLToPath(new URL('../pipeline/bin/pipeline.js', import.meta.url));
  // Compiles it, which only the first start of a version does.
  spawnSync(program, ['--version'], { stdio: 'ignore' });
  const { poll, folder } = values;
  const end = await simulate(
    {
      cells: read('cells'),
      seed: read('seed'),
      faults: read('faults'),
      kills: read('kills'),
      shape: {
        nodes: read('nodes'),
        runSeconds: read('seconds'),
        maxArraySize: read('array'),
        maxSubmitJobs: read('submit'),
      },
      delays: { staleMs: 5_000, slowMs: 5_000, rememberMs: 30_000, databaseMs: 2_000 },
      settings: { queued: read('queued'), throttle: read('throttle'), poll },
      parent: folder,
    },
    (sample) => console.log(JSON.stringify({ case: 'sample', ...sample })),
  );
  const { lost, twice, stderr, ...rest } = end;
  console.log(JSON.stringify({ case: 'end', ...rest, lost: lost.length, twice: twice.length }));
  if (stderr !== '') console.error(stderr.slice(0, 4000));
  return lost.length + twice.length === 0 ? 0 : 1;
});
