import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeOwnerName } from '../../../pipeline/system/owner.ts';
import { makeRunId } from '../../../pipeline/system/run-id.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';

const STAGES = 50;
const CELLS = 200;
const NODES = STAGES * CELLS;
const CURVES = 20;
const METRICS = ['loss', 'accuracy', 'val.loss', 'val.accuracy'];

type Logged = Readonly<Record<string, unknown>>;

/** A run of ten thousand nodes, as its log tells of it, in whose last stage twenty train. */
export class LargeRun {
  readonly workspace: Workspace;
  readonly id: string;
  readonly #log: string;
  #time = Date.now() - 3_600_000;
  #step = 0;

  constructor() {
    const stages = Array.from({ length: STAGES }, (_, i) => {
      const input = i === 0 ? '' : `\n    inputs: { before: { from: s${i - 1}, output: o } }`;
      return `  s${i}:\n    matrix: { n: { from: zero, count: cells } }\n    command: "true > {{ outputs.o }}"${input}\n    outputs: { o: "o/${i}/{{ n }}" }\n`;
    });
    const yaml = `version: 1\nparams: { zero: 0, cells: ${CELLS} }\nstages:\n${stages.join('')}`;
    this.workspace = makeWorkspace({ 'pipeline.yaml': yaml });
    this.id = makeRunId(this.#time);
    const folder = join(this.workspace.path, '.pipeline/runs', this.id);
    mkdirSync(folder, { recursive: true });
    this.#log = join(folder, 'events.jsonl');
    // Of this process, which lives: the run goes on.
    const about = { targets: ['everything'], profile: 'default', notice: null, settings: [] };
    this.#append([
      { type: 'run-started', ...about, nodes: NODES, jobs: CURVES, owner: makeOwnerName() },
      ...this.#listEnded(),
      ...listNames(STAGES - 1, CURVES).map((node) => ({
        type: 'node-started',
        node,
        log: '',
        expectedSeconds: 4000,
      })),
      { type: 'work-left', nodes: CELLS - CURVES, seconds: 9000, longestSeconds: 900, unknown: 0 },
    ]);
  }

  /** So many more points of each curve. */
  train(steps: number): void {
    const events: Logged[] = [];
    for (let i = 0; i < steps; i++) {
      const step = this.#step++;
      for (const [k, node] of listNames(STAGES - 1, CURVES).entries()) {
        const value = Math.exp(-step / (400 + 40 * k)) + 0.02 * Math.sin(step * (k + 1));
        const values = Object.fromEntries(METRICS.map((name, m) => [name, value + m / 10]));
        events.push({ type: 'node-event', node, event: { type: 'metrics', step, values } });
      }
      events.push({ type: 'load', cpus: 1.7, memory: 4e9 });
    }
    this.#append(events);
  }

  #listEnded(): readonly Logged[] {
    return Array.from({ length: STAGES - 1 }, (_, stage) =>
      listNames(stage, CELLS).flatMap((node, i): readonly Logged[] => {
        const log = `.pipeline/runs/${this.id}/logs/${node.replace('/', '--')}.log`;
        if (i % 3 === 0) {
          return [
            {
              type: 'node-finished',
              node,
              outcome: 'cached',
              restored: false,
              seconds: 0,
              summary: {},
            },
          ];
        }
        const started = { type: 'node-started', node, log, expectedSeconds: null };
        if (i % 50 === 7) {
          return [
            started,
            {
              type: 'node-failed',
              node,
              message: 'exited with status 1',
              log,
              logTail: ['Traceback', '  line', 'ValueError: no'],
              seconds: 3,
            },
          ];
        }
        return [
          started,
          {
            type: 'node-finished',
            node,
            outcome: 'executed',
            restored: false,
            seconds: 3,
            summary: { loss: 0.1 },
            fingerprint: 'a'.repeat(64),
            cpuSeconds: 2,
            memory: 3e8,
          },
        ];
      }),
    ).flat();
  }

  #append(events: readonly Logged[]): void {
    const lines = events.map(({ type, ...rest }) =>
      JSON.stringify({ type, time: this.#time++, ...rest }),
    );
    appendFileSync(this.#log, `${lines.join('\n')}\n`);
  }
}

function listNames(stage: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `s${stage}/${n}`);
}
