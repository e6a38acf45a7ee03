/**
 * Tells how good a run's estimates of its end are: `npx tsx bench/eta.ts --help`. Replays the log of a
 * recorded run through the estimator and prints what it says at each tenth beside what was true.
 */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { fail } from '../experiment/data/failure.ts';
import type { RunEvent } from '../pipeline/progress/events.ts';
import { withSession } from '../pipeline/session/with-session.ts';
import { runMain } from './options.ts';
import { factorOf, listPastRuns, replayRun } from './replay-run.ts';

const USAGE = `Usage: npx tsx bench/eta.ts LOG... [options]
  LOG               events.jsonl of a run, or what run --json printed
  --directory PATH  the workspace (the nearest)
  --before LOG      a run before, whose times are known; may be repeated`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    directory: { type: 'string' },
    before: { type: 'string', multiple: true, default: [] },
    help: { type: 'boolean', default: false },
  },
});

/** The events of a log; a line that a crash cut off is passed over. */
function readEvents(path: string): RunEvent[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      try {
        return [JSON.parse(line) as RunEvent];
      } catch {
        return [];
      }
    });
}

async function tellOf(path: string): Promise<void> {
  const events = readEvents(path);
  const started = events.find((event) => event.type === 'run-started');
  if (started?.type !== 'run-started') return fail(`${path} is no log of a run`);
  const options = {
    profile: started.profile,
    ...(values.directory === undefined ? {} : { directory: values.directory }),
  };
  await withSession(options, started.targets, {}, ({ graph, nodes }) => {
    const past = values.before.flatMap((log) => listPastRuns(readEvents(log), graph.nodes));
    console.log(`${path}: ${started.nodes} nodes, ${started.jobs} jobs, ${past.length} runs known`);
    console.log('  at   said     took  factor');
    for (const told of replayRun({ events, graph, nodes, past })) {
      const said = told.said === null ? '–' : told.said.toFixed(1);
      const columns = [
        `${Math.round(told.at * 100)}%`.padStart(4),
        said.padStart(7),
        told.took.toFixed(1).padStart(8),
        (told.said === null ? '–' : factorOf(told).toFixed(2)).padStart(7),
      ];
      console.log(
        `${columns.join(' ')}${told.isLowerBound ? '  at least' : told.isRough ? '  about' : ''}`,
      );
    }
  });
}

await runMain(async () => {
  if (values.help || positionals.length === 0) console.log(USAGE);
  for (const path of positionals) await tellOf(path);
  return 0;
});
