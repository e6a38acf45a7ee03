/** A sweep of trivial cells on a simulated cluster, whose run is killed on the way and started again. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ClusterShape, SimulatedCluster } from './cluster.ts';
import { Faults } from './faults.ts';
import { type Delays, SlurmPrograms } from './programs.ts';
import { findPeak, measureJournal, round, type Sample, sum, sumUp } from './sample.ts';
import { servePrograms } from './serve-programs.ts';
import { listCells, type SlurmSettings, writeSweep } from './sweep.ts';
import { type Look, WatchedRun } from './watched-run.ts';

/** What is simulated. */
export interface Simulation {
  /** Rounded up to whole thousands, where there are more than one. */
  readonly cells: number;
  readonly seed: number;
  /** How many times as likely as usual faults are. */
  readonly faults: number;
  /** How often the run is killed. */
  readonly kills: number;
  readonly shape: ClusterShape;
  readonly delays: Delays;
  readonly settings: SlurmSettings;
  /** Where the temporary folder is made. */
  readonly parent: string;
}

/** How a simulation ended. */
export interface SimulationEnd {
  readonly cells: number;
  readonly seconds: number;
  readonly code: number | null;
  readonly done: number;
  readonly failed: number;
  /** Cells that are neither done nor failed as they should. */
  readonly lost: readonly string[];
  /** Cells whose stage ended well more than once. */
  readonly twice: readonly string[];
  /** What the runs say of some of those. */
  readonly why: readonly string[];
  /** How often a cell was begun while another job of it ran. */
  readonly overlaps: number;
  /** How many batches were submitted more than once. */
  readonly doubled: number;
  /** Tasks that still wait or run when the run has ended. */
  readonly left: number;
  readonly calls: Readonly<Record<string, number>>;
  readonly tasks_a_batch: number;
  /** Events of stages that the runs told of. */
  readonly events: number;
  readonly retries: number;
  /** How many runs of cells ended how. */
  readonly runs: Readonly<Record<string, number>>;
  readonly peak_rss_mb: number;
  /** Of the runs, until a second before they were killed. */
  readonly cpu_seconds: number;
  readonly stderr: string;
}

const SAMPLES = 10;
const LOOK_MS = 100;
const MOST_TOLD = 10;

/**
 * Simulates once.
 *
 * @param onSample told about ten times on the way
 */
export async function simulate(
  simulation: Simulation,
  onSample: ((sample: Sample) => void) | null = null,
): Promise<SimulationEnd> {
  const folder = mkdtempSync(join(simulation.parent, 'slurm-simulation-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', remove);
  const { seed, faults: scale, shape, delays } = simulation;
  const faults = new Faults(seed, scale);
  const cluster = new SimulatedCluster(shape, faults);
  const { maxArraySize } = shape;
  const programs = new SlurmPrograms(cluster, faults, { maxArraySize, delays });
  const stop = await servePrograms(folder, programs);
  const sweep = new Sweep(folder, simulation, cluster, onSample);
  try {
    const code = await sweep.carryOut();
    return {
      ...sweep.judge(faults, code),
      doubled: [...cluster.byName.values()].filter((jobs) => jobs.length > 1).length,
      calls: Object.fromEntries(programs.calls),
    };
  } finally {
    sweep.close();
    stop();
    cluster.close();
    process.off('exit', remove);
    remove();
  }
}

/** The runs of a sweep, one after the other, each but the last of which is killed. */
class Sweep {
  readonly #folder: string;
  readonly #workspace: string;
  readonly #simulation: Simulation;
  readonly #cluster: SimulatedCluster;
  readonly #onSample: ((sample: Sample) => void) | null;
  readonly #cells: readonly string[];
  readonly #startedAt = Date.now();
  readonly #runs: WatchedRun[] = [];
  #sampled = 0;
  #before: { readonly look: Look | undefined; readonly runs: number } = {
    look: undefined,
    runs: 0,
  };

  constructor(
    folder: string,
    simulation: Simulation,
    cluster: SimulatedCluster,
    onSample: ((sample: Sample) => void) | null,
  ) {
    this.#folder = folder;
    this.#workspace = join(folder, 'workspace');
    this.#simulation = simulation;
    this.#cluster = cluster;
    this.#onSample = onSample;
    this.#cells = listCells(simulation.cells);
    mkdirSync(join(folder, 'looks'));
    writeSweep(this.#workspace, simulation.cells, simulation.settings);
  }

  /** @returns the exit code of the last run */
  async carryOut(): Promise<number | null> {
    const { kills } = this.#simulation;
    for (let killed = 0; ; killed++) {
      const looks = join(this.#folder, 'looks', String(killed));
      const run = new WatchedRun(this.#workspace, join(this.#folder, 'bin'), looks);
      this.#runs.push(run);
      const part = ((killed + 1) * this.#cells.length) / (kills + 1);
      const timer = setInterval(() => {
        if (this.#cluster.completed.size >= part && killed < kills) run.kill();
        else void this.#sample(run);
      }, LOOK_MS);
      const code = await run.end;
      clearInterval(timer);
      // One that was to be killed may have ended before.
      if (killed === kills || !run.isKilled) return code;
    }
  }

  async #sample(run: WatchedRun): Promise<void> {
    const done = this.#cluster.completed.size;
    if (this.#onSample === null || done < ((this.#sampled + 1) * this.#cells.length) / SAMPLES)
      return;
    this.#sampled = Math.floor((done * SAMPLES) / this.#cells.length);
    const looks = run.looks();
    const since = this.#before.runs === this.#runs.length ? this.#before.look : undefined;
    this.#before = { look: looks.at(-1), runs: this.#runs.length };
    const { active: queued, running } = this.#cluster;
    const about = { done, queued, running, seconds: this.#seconds, ...sumUp(looks, since) };
    this.#onSample({ ...about, ...(await measureJournal(this.#workspace)) });
  }

  get #seconds(): number {
    return round((Date.now() - this.#startedAt) / 1000);
  }

  /** What came of it, but for what Slurm's programs were called for. */
  judge(faults: Faults, code: number | null): Omit<SimulationEnd, 'doubled' | 'calls'> {
    const { completed, jobs, overlaps, active, fates } = this.#cluster;
    const last = this.#runs.at(-1);
    const failed = [...(last?.failed.keys() ?? [])];
    const accounted = new Set(failed.filter((cell) => faults.isHopeless(cell)));
    for (const cell of last?.done ?? []) accounted.add(cell);
    const lost = this.#cells.filter((cell) => !accounted.has(cell));
    const twice = [...completed].flatMap(([cell, times]) => (times > 1 ? [cell] : []));
    const tasks = sum([...jobs.values()].map((job) => job.tasks.length));
    return {
      cells: this.#cells.length,
      seconds: this.#seconds,
      code,
      done: last?.done.size ?? 0,
      failed: failed.length,
      lost,
      twice,
      why: [...lost, ...twice].slice(0, MOST_TOLD).map((cell) => this.#explain(cell)),
      overlaps,
      left: active,
      tasks_a_batch: round(tasks / jobs.size),
      events: sum(this.#runs.map(({ events }) => events)),
      retries: sum(this.#runs.map(({ retried }) => retried.size)),
      runs: Object.fromEntries(fates),
      peak_rss_mb: findPeak(this.#runs.flatMap((run) => run.looks())),
      cpu_seconds: round(sum(this.#runs.map((run) => run.looks().at(-1)?.cpuSeconds ?? 0))),
      stderr: this.#runs.map(({ stderr }) => stderr).join(''),
    };
  }

  #explain(cell: string): string {
    const told = this.#runs.map(({ failed, retried }) => failed.get(cell) ?? retried.get(cell));
    return `${cell}: ${told.map((text) => text ?? 'nothing').join(', then ')}`;
  }

  close(): void {
    for (const run of this.#runs) run.kill();
  }
}
