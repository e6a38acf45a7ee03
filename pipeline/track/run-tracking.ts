/** A run's events → journals of its experiments, and their delivery to trackers. */

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ResultRecord } from '../cache/results.ts';
import type { StageEvent } from '../contract/stage.ts';
import type { JsonObject } from '../contract/values.ts';
import { type Fingerprint, hashLineage } from '../fingerprint/record.ts';
import type { Inspection } from '../inspect/inspect.ts';
import { flattenValues } from '../pipeline-file/flatten-values.ts';
import type { TrackersSpec } from '../pipeline-file/types.ts';
import type { RunEvent } from '../progress/events.ts';
import { measure } from '../progress/measured.ts';
import { toWholeStep } from '../trackers/item.ts';
import type { Journal } from './journal.ts';
import type { JournalStore } from './journal-store.ts';
import { readCurves, readLayers } from './read-curves.ts';

/** Text waits at most so long, or until there is so much of it, before it is written. */
const FLUSH_MS = 500;
const MOST_WAITING = 1 << 16;

/** What the tracking of a run is told of the run. */
export interface TrackedRun {
  readonly run: string;
  readonly profile: string;
  /** Absolute path of the workspace. */
  readonly root: string;
  readonly stages: TrackersSpec['stages'];
  /** The names of the trackers in use. */
  readonly trackers: readonly string[];
}

/** What it needs of the world. */
export interface TrackingTools {
  readonly journals: JournalStore;
  readonly findResult: (fingerprint: Fingerprint) => Pick<ResultRecord, 'outputs'> | null;
  readonly object: (digest: string) => string;
  /** Told of an experiment that there is more of it to deliver. */
  readonly attend: (journal: Journal) => void;
  readonly warn: (node: string | null, text: string) => void;
}

/** A stage that runs. */
interface Underway {
  readonly work: Inspection;
  /** Null until it is known to be an experiment. */
  journal: Journal | null;
}

/** Writes journals from what a run tells. Its methods never throw for what a disk does. */
export class RunTracking {
  readonly #run: TrackedRun;
  readonly #tools: TrackingTools;
  readonly #underway = new Map<string, Underway>();
  readonly #touched = new Set<Journal>();
  readonly #timer: NodeJS.Timeout;
  #isLost = false;

  constructor(run: TrackedRun, tools: TrackingTools) {
    this.#run = run;
    this.#tools = tools;
    this.#timer = setInterval(() => this.#guard(() => this.#flush()), FLUSH_MS).unref();
  }

  /** A stage starts, or goes on in another process. */
  begin(work: Inspection): void {
    this.#guard(() => {
      const { id, stage } = work.node;
      const known = this.#underway.get(id);
      if (known?.work.fingerprint === work.fingerprint) return;
      if (known !== undefined) this.#leave(id, known);
      const underway: Underway = { work, journal: null };
      this.#underway.set(id, underway);
      if (Object.hasOwn(this.#run.stages, stage.name)) this.#openJournal(underway);
    });
  }

  /** Something happened in the run. */
  report(event: RunEvent): void {
    if (!('node' in event) || event.node === null) return;
    const underway = this.#underway.get(event.node);
    if (underway === undefined) return;
    this.#guard(() => this.#note(event, underway));
  }

  /** Writes what is left. */
  close(): void {
    clearInterval(this.#timer);
    this.#guard(() => {
      for (const [id, underway] of [...this.#underway]) {
        const { journal } = underway;
        if (journal !== null)
          this.#add(journal, { type: 'end', time: Date.now(), status: 'interrupted' });
        this.#leave(id, underway);
      }
      this.#flush();
    });
  }

  #note(event: RunEvent, underway: Underway): void {
    switch (event.type) {
      case 'node-event':
        this.#noteStage(event.event, event.time, underway);
        return;
      case 'node-finished':
        this.#finish(event, underway);
        this.#leave(event.node, underway);
        return;
      case 'node-failed':
      case 'node-skipped':
        if (underway.journal !== null) {
          const status = event.type === 'node-failed' ? 'failed' : 'interrupted';
          this.#add(underway.journal, { type: 'end', time: event.time, status });
        }
        this.#leave(event.node, underway);
        return;
      default:
    }
  }

  #leave(node: string, { journal }: Underway): void {
    this.#underway.delete(node);
    if (journal !== null) this.#tools.journals.leave(journal);
  }

  #noteStage(event: StageEvent, time: number, underway: Underway): void {
    // Who only shows a bar is no experiment.
    if (event.type === 'progress' && underway.journal === null) return;
    const measured = measure(event);
    if (measured === null) return;
    const journal = underway.journal ?? this.#openJournal(underway);
    const whole = measured.step === null ? null : toWholeStep(measured.step);
    const step = whole ?? journal.lastStep + 1;
    this.#add(journal, { type: 'metrics', time, ...measured, step });
  }

  #finish(
    { time, fingerprint, summary }: Extract<RunEvent, { type: 'node-finished' }>,
    { work, journal }: Underway,
  ): void {
    if (journal === null || fingerprint === undefined) return;
    const { node } = work;
    const outputs = this.#tools.findResult(fingerprint as Fingerprint)?.outputs ?? {};
    const tracked = this.#run.stages[node.stage.name];
    const curves = tracked?.curves == null ? undefined : outputs[tracked.curves];
    if (curves !== undefined && curves.kind !== 'tree') {
      const text = readFileSync(this.#tools.object(curves.digest), 'utf8');
      for (const item of readCurves(text, time)) this.#add(journal, item);
    }
    const step = journal.lastStep;
    this.#add(journal, { type: 'summary', time, step, values: flattenValues(summary) });
    for (const role of ['image', 'asset'] as const) {
      for (const name of tracked?.[`${role}s`] ?? []) {
        const output = outputs[name];
        const path = node.outputs.find((one) => one.name === name)?.path;
        if (output === undefined || output.kind === 'tree' || path === undefined) continue;
        const { digest } = output;
        this.#add(journal, { type: 'file', time, role, name, file: basename(path), digest, step });
      }
    }
    this.#add(journal, { type: 'end', time, status: 'finished' });
    journal.flush();
    journal.update({ ended: fingerprint });
  }

  #openJournal(underway: Underway): Journal {
    const { work } = underway;
    const { node, record, fingerprint } = work;
    const parameter = node.stage.extends;
    const lineage = parameter === null ? fingerprint : hashLineage(record, parameter);
    const { profile, trackers, run } = this.#run;
    const about = { node: node.id, profile, trackers };
    const journal = this.#tools.journals.open({ lineage, fingerprint }, about);
    underway.journal = journal;
    const isFirst = journal.isNew;
    if (isFirst) journal.update({});
    const time = Date.now();
    const stage = node.stage.name;
    const params: JsonObject = { ...node.cell, ...record.params };
    this.#add(journal, {
      type: 'begin',
      time,
      isFirst,
      node: node.id,
      stage,
      profile,
      run,
      fingerprint,
      params,
    });
    if (isFirst) this.#addGraph(journal, work, time);
    return journal;
  }

  #addGraph(journal: Journal, { node }: Inspection, time: number): void {
    const input = this.#run.stages[node.stage.name]?.graph ?? null;
    const [source] = node.inputs.find(({ name }) => name === input)?.sources ?? [];
    if (source === undefined) return;
    const layers = readLayers(readFileSync(join(this.#run.root, source.path), 'utf8'));
    if (layers === null) {
      this.#tools.warn(node.id, `its input ${input} has no layers, so trackers get no graph`);
    } else this.#add(journal, { type: 'graph', time, layers });
  }

  #add(journal: Journal, item: Parameters<Journal['add']>[0]): void {
    journal.add(item);
    this.#touched.add(journal);
    if (journal.waiting > MOST_WAITING) journal.flush();
  }

  #flush(): void {
    for (const journal of this.#touched) {
      journal.flush();
      this.#tools.attend(journal);
    }
    this.#touched.clear();
  }

  /** What a disk does not take is told once; the run goes on without it. */
  #guard(action: () => void): void {
    if (this.#isLost) return;
    try {
      action();
    } catch (error) {
      this.#isLost = true;
      this.#tools.warn(null, `trackers are told nothing more: ${String((error as Error).message)}`);
    }
  }
}
