/**
 * Measures what trackers take of the CPU for each training step: `npx tsx bench/tracking.ts --help`. Writes
 * what a training measures into a journal and delivers it, with servers in another process, and prints a line of JSON for
 * each tracker and one for all together.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openLeases } from '../pipeline/lease/open-leases.ts';
import { StateLayout } from '../pipeline/system/layout.ts';
import { TRACKER_NAMES, type TrackerName } from '../pipeline/track/choose-trackers.ts';
import { Deliveries } from '../pipeline/track/deliveries.ts';
import { JournalStore } from '../pipeline/track/journal-store.ts';
import { openTracker } from '../pipeline/track/open-trackers.ts';
import { readNumber, runMain } from './options.ts';

const USAGE = `Usage: npx tsx bench/tracking.ts [options]
  --steps N      of one training, a loss and an accuracy each, and of each epoch (39100, 100 epochs)
  --step-ms MS   CPU time of a step of the training, to compare with (8, that of MLP1 with batches of 128)`;

/** Batches of 128 in 50,000 images. */
const STEPS_AN_EPOCH = 391;

/** In the process of the servers: whatever is asked, so that each kind of client goes on. */
function serveAnything(): void {
  const answer = JSON.stringify({
    experimentKey: 'key',
    experiment: { experiment_id: '1' },
    run: { info: { run_id: 'run', artifact_uri: '' } },
  });
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end(answer));
  });
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}

/** @returns CPU microseconds a step */
async function measure(names: readonly TrackerName[], steps: number, url: string): Promise<number> {
  const root = mkdtempSync(join(tmpdir(), 'bench-tracking-'));
  try {
    const layout = new StateLayout(root, 'bench-1-abc');
    const spec = {
      stages: {},
      tensorboard: {},
      mlflow: { uri: url },
      comet: { workspace: 'w', url },
    };
    const environment = { COMET_API_KEY: 'key' };
    const around = { spec, root, environment, isOffline: false };
    const opened = names.map((name) => openTracker(name, around));
    const deliveries = new Deliveries(opened, new Map(), {
      leases: openLeases(layout, {}),
      object: (digest) => layout.object(digest),
      aside: layout.temporary,
      now: Date.now,
      warn: (text) => console.error(text),
    });
    const about = { node: 'train/a', profile: 'default', trackers: names };
    const journal = new JournalStore(layout).open(
      { lineage: 'a'.repeat(64), fingerprint: 'a' },
      about,
    );
    journal.update({});
    const before = process.cpuUsage();
    for (let step = 1; step <= steps; step += 1) {
      const epoch = Math.ceil(step / STEPS_AN_EPOCH);
      for (const kind of step % STEPS_AN_EPOCH === 0 ? ['step', 'epoch', 'running'] : ['step']) {
        const values = { [`${kind}/loss`]: 1 / step, [`${kind}/accuracy`]: 1 - 1 / step };
        journal.add({ type: 'metrics', time: Date.now(), step, epoch, values });
      }
      if (journal.waiting > 1 << 16) journal.flush();
    }
    journal.flush();
    deliveries.attend(journal);
    const left = await deliveries.close(60_000, true);
    if (left.length > 0) throw new Error(`${names} have not taken all`);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / steps;
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      steps: { type: 'string', default: '39100' },
      'step-ms': { type: 'string', default: '8' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const steps = readNumber('steps', values.steps);
  const stepMs = readNumber('step-ms', values['step-ms']);
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), ['--serve'], {
    execArgv: process.execArgv,
  });
  try {
    const port = await new Promise<number>((resolve) => child.once('message', resolve));
    for (const names of [...TRACKER_NAMES.map((name) => [name]), TRACKER_NAMES]) {
      const microseconds = await measure(names, steps, `http://127.0.0.1:${port}`);
      console.log(
        JSON.stringify({
          trackers: names,
          steps,
          us_a_step: Number(microseconds.toFixed(1)),
          percent_of_step: Number((microseconds / (stepMs * 10)).toFixed(2)),
        }),
      );
    }
  } finally {
    child.kill();
  }
  return 0;
}

if (process.argv.includes('--serve')) serveAnything();
else runMain(main);
