/**
 * Measures the engine on graphs of trivial stages: `npx tsx bench/dag.ts --help`. Prints one JSON
 * line a case: {"tool","case","stages","wall_ms","peak_rss_mb", …}, medians of whole processes.
 */

import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fail } from '../experiment/data/failure.ts';
import { KINDS, writeWorkspace } from './dag-files.ts';
import { type Copy, makeGraph, readShape, SHAPES } from './dag-graph.ts';
import { readNumber, runMain } from './options.ts';
import { measureCommand, type ProcessCost } from './whole-process.ts';

const USAGE = `Usage: npx tsx bench/dag.ts [options]
  --stages N     stages of the graph (1000)
  --shape NAME   ${SHAPES.join(', ')} (wide)
  --kind NAME    what our stages are: ${KINDS.join(' or ')} (shell)
  --matrix       one stage with N cells, instead of N stages; wide graphs only
  --rounds N     how often to measure what changes nothing (3)
  --rivals       also measure ninja, GNU make and Snakemake, where installed
  --keep         leave the workspace, and say where it is`;

const { values } = parseArgs({
  options: {
    stages: { type: 'string', default: '1000' },
    shape: { type: 'string', default: 'wide' },
    kind: { type: 'string', default: 'shell' },
    matrix: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    rivals: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

/** A tool with its command for each case; a case that it does not have is left out. */
interface Tool {
  readonly name: string;
  readonly run: readonly string[];
  readonly readers: Readonly<Record<string, readonly string[]>>;
}

const PIPELINE = fileURLToPath(new URL('../pipeline/bin/pipeline.js', import.meta.url));
const OURS: Tool = {
  name: 'pipeline',
  run: [PIPELINE, 'run'],
  readers: { status: [PIPELINE, 'status'], plan: [PIPELINE, 'run', '--dry-run'] },
};
const RIVALS: readonly Tool[] = [
  { name: 'ninja', run: ['ninja'], readers: { plan: ['ninja', '-n'] } },
  { name: 'make', run: ['make', '-j2'], readers: { plan: ['make', '-n'] } },
  { name: 'make -rR', run: ['make', '-rR', '-j2'], readers: { plan: ['make', '-rR', '-n'] } },
  {
    name: 'snakemake',
    run: ['snakemake', '--cores', '2', '--quiet'],
    readers: { plan: ['snakemake', '--cores', '2', '--quiet', '--dry-run'] },
  },
];

/** Runs a tool's cases, one after the other, and prints their lines. */
function measureTool(tool: Tool, folder: string, copies: readonly Copy[], rounds: number): void {
  const { shape, kind } = values;
  const print = (name: string, costs: readonly ProcessCost[]) => {
    const { wall_ms, cpu_ms, peak_rss_mb } = middle(costs);
    const head = { tool: tool.name, case: name, stages: copies.length, wall_ms, peak_rss_mb };
    const ours = tool === OURS ? { kind, matrix: values.matrix } : {};
    console.log(JSON.stringify({ ...head, cpu_ms, shape, ...ours }));
  };
  const repeat = (command: readonly string[], before = () => {}) =>
    Array.from({ length: rounds }, () => {
      before();
      return measureCommand(command, folder);
    });
  for (const made of ['out', '.pipeline', '.snakemake', '.ninja_log', '.ninja_deps']) {
    rmSync(join(folder, made), { recursive: true, force: true });
  }
  print('cold', [measureCommand(tool.run, folder)]);
  print('no-op', repeat(tool.run));
  // The last stage is one that no other needs, so that exactly one has to run.
  const leaf = join(folder, copies.at(-1)?.source ?? '');
  print(
    'leaf-edit',
    repeat(tool.run, () => appendFileSync(leaf, 'edited\n')),
  );
  for (const [name, command] of Object.entries(tool.readers)) print(name, repeat(command));
}

/** The round whose time is the median; of an even number the upper of the two. */
function middle(costs: readonly ProcessCost[]): ProcessCost {
  const sorted = costs.toSorted((a, b) => a.wall_ms - b.wall_ms);
  return sorted[Math.floor(sorted.length / 2)] ?? fail('--rounds is less than 1');
}

function isInstalled({ run: [program = ''] }: Tool): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
}

await runMain(async () => {
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const shape = readShape(values.shape);
  const kind = KINDS.find((one) => one === values.kind);
  if (kind === undefined) fail(`--kind is "${values.kind}"; expected ${KINDS.join(' or ')}`);
  if (values.matrix && shape !== 'wide') fail('--matrix has no edges; it goes with --shape wide');
  const copies = makeGraph(shape, Math.ceil(readNumber('stages', values.stages)));
  const rounds = Math.ceil(readNumber('rounds', values.rounds));
  const folder = mkdtempSync(join(tmpdir(), 'bench-dag-'));
  try {
    writeWorkspace(folder, copies, { kind, matrix: values.matrix });
    // Compiles the program, which only the first start of a version does.
    spawnSync(PIPELINE, ['--version'], { stdio: 'ignore' });
    measureTool(OURS, folder, copies, rounds);
    for (const rival of values.rivals ? RIVALS : []) {
      if (isInstalled(rival)) measureTool(rival, folder, copies, rounds);
      else console.error(`${rival.name} is not installed and was not measured`);
    }
  } finally {
    if (values.keep) console.error(`the workspace is in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
  return 0;
});
