/** `watch`: edits → a new graph → the next run, which takes over what need not stop. */

import { join } from 'node:path';
import type { NodeId } from '../graph/types.ts';
import { IgnoreRules } from '../ignore/ignore-rules.ts';
import type { Forced } from '../inspect/forced.ts';
import type { RunEvent } from '../progress/events.ts';
import { removeOrphans } from '../system/owner.ts';
import { AttemptKeeper } from '../watch/attempt-keeper.ts';
import type { FileWatch } from '../watch/file-watch.ts';
import { compareOwnParts, describeOwnParts, type OwnParts } from '../watch/own-parts.ts';
import type { WatchedPaths } from '../watch/watched-paths.ts';
import { executeRun, type RunRequest } from './execute-run.ts';
import { PIPELINE_FILE } from './find-workspace.ts';
import type { UserMistakes } from './mistakes.ts';
import { openSession, type Session, type WorkspaceOptions } from './open-session.ts';
import { isInArguments, toMistakes } from './watch-mistakes.ts';
import { isSettled, listWatchedInputs, Wake } from './watch-readings.ts';

/** What every run of a session has in common. */
export interface WatchRequest extends Omit<RunRequest, 'signal' | 'carried'> {
  readonly workspace: WorkspaceOptions & { readonly directory: string };
  /** What is done after each run but those that another one goes on from. */
  readonly follow: (session: Session) => Promise<void>;
}

/** Why a run skips nodes that the next one takes over. */
const GIVEN_UP = 'the next run goes on from here';

/** A run that is under way. */
interface CurrentRun {
  readonly abort: AbortController;
  /** Fulfilled when the run is over; attempts that were carried over may go on. */
  readonly over: Promise<void>;
}

/** The pipeline as the files are now. */
interface OpenedPipeline {
  readonly session: Session;
  readonly parts: OwnParts;
}

/**
 * Brings targets up to date whenever an edit changes the work of a node. Each time is a run of its
 * own; amid a run, the next one takes over the attempts that the edit does not affect.
 */
export class Watch {
  readonly #files: FileWatch;
  readonly #request: WatchRequest;
  readonly #keeper: AttemptKeeper;
  readonly #closing = new Set<Promise<void>>();
  #parts: OwnParts | null = null;
  #inputs: Omit<WatchedPaths, 'files'>;
  #run: CurrentRun | null = null;
  /** Woken when a run has seen what stages with `inputs: auto` read. */
  #readings = new Wake();
  /** Nodes that failed in the last run. */
  #failed = new Set<string>();
  #force: Forced;

  constructor(files: FileWatch, request: WatchRequest) {
    this.#files = files;
    this.#request = request;
    const ignored = new IgnoreRules(request.workspace.directory, []);
    this.#inputs = { inputs: new Set(), ignored };
    this.#keeper = new AttemptKeeper();
    this.#force = request.settings.force;
  }

  /** Watches until the signal; then stops what runs. @throws {UserMistakes} of the arguments */
  async untilAborted(signal: AbortSignal): Promise<void> {
    const aborted = new Promise<null>((resolve) => {
      if (signal.aborted) resolve(null);
      signal.addEventListener('abort', () => resolve(null));
    });
    try {
      let pending: Promise<readonly string[]> | null = null;
      for (let edits: readonly string[] | null = []; edits !== null; ) {
        await this.#consider(edits);
        pending ??= this.#files.nextEdits().finally(() => {
          pending = null;
        });
        edits = await Promise.race([pending, this.#readings.next, aborted]);
      }
    } finally {
      this.#run?.abort.abort(signal.reason);
      await this.#run?.over;
      await Promise.all(this.#closing);
    }
  }

  /** Looks at the pipeline after edits, and starts a run where they change anything. */
  async #consider(changed: readonly string[]): Promise<void> {
    const hasRead = changed.length === 0 && this.#parts !== null;
    if (hasRead) this.#readings = new Wake();
    // The run that goes on will tell again.
    if (hasRead && this.#run !== null) return;
    const opened = await this.#open();
    const reportWoken = (affected: readonly string[] | null) => {
      if (changed.length === 0) return;
      this.#report({ type: 'watch', state: 'woken', time: Date.now(), changed, affected });
    };
    if (!('session' in opened)) {
      if (this.#parts === null && opened.diagnostics.every(isInArguments)) throw opened;
      reportWoken(null);
      this.#reportMistakes(opened);
      this.#reportWaiting();
      return;
    }
    const { session, parts } = opened;
    const isFirst = this.#parts === null;
    const affected = compareOwnParts(this.#parts ?? new Map(), parts);
    reportWoken(affected);
    const isIdle = hasRead
      ? await isSettled(session, this.#parts, parts, this.#failed)
      : affected.length === 0 && !isFirst;
    if (isIdle) {
      // What was read by a run is watched from now on.
      this.#parts = parts;
      session.close();
      this.#reportWaiting();
      return;
    }
    if (isFirst) removeOrphans(session.layout.temporaryRoot, session.layout.owner);
    await this.#giveUpRun();
    this.#keeper.takeOver(new Set<NodeId>(affected));
    this.#parts = parts;
    this.#startRun(session);
  }

  /**
   * Reads the pipeline and watches what it was read from. Read again where that was not watched
   * before, since an edit might have come in between.
   */
  async #open(): Promise<OpenedPipeline | UserMistakes> {
    for (;;) {
      const files = new Set([PIPELINE_FILE]);
      const opened = await this.#read((path) => files.add(path));
      // Where there are mistakes, the inputs of before stay watched.
      if ('session' in opened) this.#inputs = listWatchedInputs(opened.session);
      if (!(await this.#files.follow(this.#toWatched(files)))) return opened;
      if ('session' in opened) opened.session.close();
    }
  }

  async #read(look: (path: string) => void): Promise<OpenedPipeline | UserMistakes> {
    try {
      const { workspace: options, settings } = this.#request;
      const session = await openSession(options, settings.targets, { look, writer: 'watch' });
      return {
        session,
        parts: await describeOwnParts(session.nodes, session.graph, session.tools),
      };
    } catch (error) {
      // Also a file that went while it was read, or that may not be read: an edit may mend it.
      return toMistakes(error);
    }
  }

  #toWatched(files: Iterable<string>): WatchedPaths {
    const { directory } = this.#request.workspace;
    return {
      files: new Set([...files].map((file) => join(directory, file))),
      ...this.#inputs,
    };
  }

  /** Ends the run without ending what it has under way. */
  async #giveUpRun(): Promise<void> {
    if (this.#run === null) return;
    this.#keeper.letGo();
    this.#run.abort.abort(GIVEN_UP);
    await this.#run.over;
  }

  #startRun(session: Session): void {
    const abort = new AbortController();
    const force = this.#force;
    this.#force = false;
    const { workspace: _, follow: __, ...common } = this.#request;
    this.#failed = new Set();
    const failed = this.#failed;
    const report = (event: RunEvent) => {
      if (event.type === 'node-failed') failed.add(event.node);
      // The next run says what becomes of these; the log of this one still tells.
      const goesOver = event.type === 'node-skipped' && event.because === GIVEN_UP;
      if (!goesOver) this.#report(event);
    };
    const request: RunRequest = {
      ...common,
      settings: { ...common.settings, force },
      console: { ...common.console, report },
      signal: abort.signal,
      carried: this.#keeper,
    };
    const over = this.#runThrough(session, request).then(
      () => {
        this.#run = null;
        if (abort.signal.aborted) return;
        // Only now is it known what these read, and so what is to be watched.
        if (session.nodes.some(({ findsInputs }) => findsInputs)) this.#readings.wake();
        else this.#reportWaiting();
      },
      (error: unknown) => {
        this.#run = null;
        this.#reportMistakes(toMistakes(error));
        this.#reportWaiting();
      },
    );
    this.#run = { abort, over };
  }

  /** A run with what follows it, unless another one goes on from here. */
  async #runThrough(session: Session, request: RunRequest): Promise<void> {
    let closing = Promise.resolve();
    try {
      await executeRun(session, request);
    } finally {
      closing = this.#closeLater(session);
    }
    if (request.signal.aborted) return;
    // What closing remembers spares those who follow a look at each node.
    await closing;
    await this.#request.follow(session);
  }

  /** Attempts that go on have their private folders in what closing removes. */
  #closeLater(session: Session): Promise<void> {
    const closing = this.#keeper
      .untilEnded()
      .then(() => session.close())
      .catch((error: unknown) => this.#reportMistakes(toMistakes(error)));
    this.#closing.add(closing);
    closing.finally(() => this.#closing.delete(closing));
    return closing;
  }

  #reportMistakes(mistakes: UserMistakes): void {
    const { diagnostics } = mistakes;
    this.#report({ type: 'mistakes', time: Date.now(), diagnostics, text: mistakes.format() });
  }

  #reportWaiting(): void {
    if (this.#run === null) this.#report({ type: 'watch', state: 'waiting', time: Date.now() });
  }

  #report(event: RunEvent): void {
    this.#request.console.report(event);
  }
}
