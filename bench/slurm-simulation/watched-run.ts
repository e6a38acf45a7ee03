/** `pipeline run --executor slurm` as a process that is watched from outside: what it tells, what it takes. */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { RunEvent } from '../../pipeline/progress/events.ts';
import { isErrorCode } from '../../pipeline/system/errors.ts';

const PROGRAM = fileURLToPath(new URL('../../pipeline/bin/pipeline.js', import.meta.url));
const LOOK_INSIDE = fileURLToPath(new URL('look-inside.mjs', import.meta.url));

/** What the process used, by itself: sums and peaks since its line before. */
export interface Look {
  readonly time: number;
  readonly cycles: number;
  readonly cycleMs: number;
  readonly longestMs: number;
  readonly rss: number;
  readonly heapUsed: number;
  readonly cpuSeconds: number;
}

/** A run under way. */
export class WatchedRun {
  readonly #child: ChildProcess;
  readonly #looks: string;
  readonly done = new Set<string>();
  readonly failed = new Map<string, string>();
  /** Why cells were tried again. */
  readonly retried = new Map<string, string>();
  /** Events of stages that it told of. */
  events = 0;
  isKilled = false;
  stderr = '';
  /** Its exit code; null where it was killed. */
  readonly end: Promise<number | null>;

  /**
   * @param workspace the folder with pipeline.yaml
   * @param path the folders of programs
   * @param looks the file for what it takes
   */
  constructor(workspace: string, path: string, looks: string) {
    this.#looks = looks;
    const args = [PROGRAM, 'run', '--executor', 'slurm', '--keep-going', '--json'];
    const child = spawn(process.execPath, args, {
      cwd: workspace,
      env: {
        ...process.env,
        PATH: `${path}:${process.env['PATH']}`,
        LOOK_INSIDE: looks,
        NODE_OPTIONS: `--import "${LOOK_INSIDE}"`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr?.on('data', (part: Buffer) => {
      this.stderr += part.toString();
    });
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => this.#read(line));
    this.end = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
  }

  /** Kills it at once, where it has not ended. */
  kill(): void {
    this.isKilled = true;
    this.#child.kill('SIGKILL');
  }

  /** What it has noted of itself so far. */
  looks(): Look[] {
    try {
      const lines = readFileSync(this.#looks, 'utf8').split('\n').slice(0, -1);
      return lines.map((line) => JSON.parse(line) as Look);
    } catch (error) {
      if (isErrorCode(error, 'ENOENT')) return [];
      throw error;
    }
  }

  #read(line: string): void {
    // The last line of a process that was killed may be cut off.
    if (!line.endsWith('}')) return;
    const event = JSON.parse(line) as RunEvent;
    if (event.type === 'node-finished') this.done.add(event.node);
    if (event.type === 'node-failed') this.failed.set(event.node, event.message);
    if (event.type === 'node-retrying') this.retried.set(event.node, event.message);
    if (event.type === 'node-event' && event.event.type === 'metrics') this.events += 1;
  }
}
