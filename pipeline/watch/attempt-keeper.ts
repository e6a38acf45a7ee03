/**
 * From one run to the next under `watch`: attempts that go on, and failures that wait for an edit.
 */

import { linkSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { StageEvent } from '../contract/stage.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { Inspection } from '../inspect/inspect.ts';
import type {
  CarriedAttempts,
  FollowedAttempt,
  JoinedAttempt,
  StartedAttempt,
} from '../scheduler/carried-attempts.ts';
import type { AttemptEnd, RunningAttempt } from '../scheduler/failure.ts';
import type { Share } from '../scheduler/share.ts';
import { isSystemError } from '../system/errors.ts';

/** An attempt that is under way, whichever run has it. */
interface LiveAttempt {
  readonly node: GraphNode;
  readonly logPath: string;
  readonly share: Share;
  readonly running: RunningAttempt;
  /** Fulfilled when it is over and its resources are free. */
  readonly ended: Promise<void>;
  onEvent: (event: StageEvent) => void;
  /** Tells the run that has it to forget it; null where no run has it. */
  detach: (() => void) | null;
  /** It holds resources by itself: the run that took them is over. */
  holdsResources: boolean;
  isStopping: boolean;
}

const ignoreEvent = () => {};

/**
 * Keeps attempts alive while one run is replaced by another, and remembers which work failed.
 *
 * A run is given up by {@link letGo} and an abort of its signal; once it is over, {@link takeOver}
 * holds the resources of what still runs until the next run joins it. An attempt holds them until its
 * result is published, so that there is one moment at which they pass on.
 */
export class AttemptKeeper implements CarriedAttempts {
  readonly #live = new Map<Fingerprint, LiveAttempt>();
  /** The last attempt of a node, where it failed by itself. */
  readonly #failed = new Map<NodeId, Fingerprint>();
  #isLettingGo = false;

  readonly recall = ({ node, fingerprint }: Inspection): 'running' | 'failed' | null => {
    if (this.#failed.get(node.id) === fingerprint) return 'failed';
    return this.#live.get(fingerprint)?.isStopping === false ? 'running' : null;
  };

  readonly start = (
    { inspection, logPath, share, onEvent }: StartedAttempt,
    begin: (onEvent: (event: StageEvent) => void) => RunningAttempt,
  ): RunningAttempt => {
    const { node, fingerprint } = inspection;
    this.#failed.delete(node.id);
    const running = begin((event) => live.onEvent(event));
    const ended = running.result.then((result) => {
      this.#live.delete(fingerprint);
      this.#giveBack(live);
      const byItself = result.kind === 'failed' && result.retryable && !live.isStopping;
      if (byItself) this.#failed.set(node.id, fingerprint);
    });
    const live: LiveAttempt = {
      node,
      logPath,
      share,
      running,
      ended,
      onEvent,
      detach: null,
      holdsResources: false,
      isStopping: false,
    };
    this.#live.set(fingerprint, live);
    return this.#makeHandle(live);
  };

  readonly join = ({ inspection, logPath, onEvent }: FollowedAttempt): JoinedAttempt => {
    const live = this.#live.get(inspection.fingerprint);
    if (live === undefined) throw new Error(`${inspection.node.id} is not under way`);
    linkLog(live.logPath, logPath);
    live.onEvent = onEvent;
    // From here on the run gives the resources back.
    live.holdsResources = false;
    return { ...this.#makeHandle(live), share: live.share };
  };

  readonly forget = ({ id }: GraphNode): void => {
    this.#failed.delete(id);
  };

  /** None for a run that is let go: it is over at once. */
  readonly ends = (): readonly Promise<void>[] => {
    if (this.#isLettingGo) return [];
    return [...this.#live.values()]
      .filter(({ detach }) => detach === null)
      .map(({ ended }) => ended);
  };

  readonly stopOthers = (): void => {
    for (const live of this.#live.values()) if (live.detach === null) stop(live);
  };

  /** Until all that is under way now has ended. */
  async untilEnded(): Promise<void> {
    await Promise.all([...this.#live.values()].map(({ ended }) => ended));
  }

  /** From now on, what a run stops is only taken from it. */
  letGo(): void {
    this.#isLettingGo = true;
  }

  /**
   * The run that was let go is over: what it had under way goes on, except nodes whose work is no
   * longer what it was. Of those a failure is forgotten too.
   */
  takeOver(changed: ReadonlySet<NodeId>): void {
    this.#isLettingGo = false;
    for (const id of changed) this.#failed.delete(id);
    for (const live of this.#live.values()) {
      this.#hold(live);
      if (changed.has(live.node.id)) stop(live);
    }
  }

  #hold(live: LiveAttempt): void {
    if (live.holdsResources) return;
    // Its run has given them back a moment ago.
    if (!live.share.take()) throw new Error(`the share of ${live.node.id} was not given back`);
    live.holdsResources = true;
  }

  #giveBack(live: LiveAttempt): void {
    if (!live.holdsResources) return;
    live.holdsResources = false;
    live.share.give();
  }

  /** What a run has of an attempt: it can be taken from the run without ending. */
  #makeHandle(live: LiveAttempt): RunningAttempt {
    const detached = new Promise<AttemptEnd>((resolve) => {
      live.detach = () => {
        live.detach = null;
        live.onEvent = ignoreEvent;
        resolve({ kind: 'detached' });
      };
    });
    const result = Promise.race([live.running.result, detached]);
    return {
      result,
      ended: result.then(() => {}),
      stop: () => {
        if (this.#isLettingGo) live.detach?.();
        else stop(live);
      },
    };
  }
}

function stop(live: LiveAttempt): void {
  if (live.isStopping) return;
  live.isStopping = true;
  live.running.stop();
}

/** The log of an attempt also under the name that its new run gives it. */
function linkLog(from: string, to: string): void {
  try {
    mkdirSync(dirname(to), { recursive: true });
    linkSync(from, to);
  } catch (error) {
    // A file system without hard links: the log stays in the folder of the run that began it.
    if (!isSystemError(error)) throw error;
  }
}
