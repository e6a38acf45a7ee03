/** What is told of a run: the events from which everything shown is derived. */

import type { Access } from '../audit/access.ts';
import type { StageEvent } from '../contract/stage.ts';
import type { JsonObject } from '../contract/values.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';

/**
 * What happens during a run, or under `watch` during several, in order. Everything that people or programs see of a run (console,
 * `--json`, the event log on disk) is derived from these and nothing else. `time` is milliseconds
 * since the epoch.
 */
export type RunEvent =
  | {
      readonly type: 'run-started';
      readonly time: number;
      /** Folder of this run's event log and stage logs, relative to the workspace. */
      readonly runFolder: string;
      readonly targets: readonly string[];
      readonly profile: string;
      /** One line about the profile from `pipeline.yaml` (for instance that its data is synthetic). */
      readonly notice: string | null;
      readonly nodes: number;
      readonly jobs: number;
      /** What `--set` changes, `key=value`. */
      readonly settings?: readonly string[];
      /** Whether it goes without the network. */
      readonly offline?: boolean;
      /** Which trackers it has, declared or asked for, each as `--tracker` has it. */
      readonly trackers?: readonly string[];
      /** Names the exploration, whose outputs stand apart; absent for none. */
      readonly as?: string;
      /** Names the process that runs, see `makeOwnerName`; absent, as `settings`, `offline` and `trackers`, in logs of earlier versions. */
      readonly owner?: string;
    }
  | {
      readonly type: 'node-started';
      readonly time: number;
      readonly node: string;
      readonly log: string;
      /** By earlier runs; null where nothing like it ever ran. */
      readonly expectedSeconds: number | null;
    }
  /** What has not started yet, told now and then when a node starts. */
  | {
      readonly type: 'work-left';
      readonly time: number;
      readonly nodes: number;
      /** What they are expected to take one after the other, without the unknown ones. */
      readonly seconds: number;
      /** What those of them take that need one another, at most. */
      readonly longestSeconds: number;
      /** How many of them are of stages of which nothing ever ran. */
      readonly unknown: number;
    }
  /** What the stages use, told now and then while one runs: since the last of these events, or since the start. */
  | {
      readonly type: 'load';
      readonly time: number;
      /** How many CPUs they used on average. */
      readonly cpus: number;
      /** The most bytes of memory that they had together. */
      readonly memory: number;
    }
  /**
   * Another process runs the node, and this run waits for its result; or a stage of it reads what is at
   * a path where the node needs something else. Told once a node.
   */
  | {
      readonly type: 'node-waiting';
      readonly time: number;
      readonly node: string;
      readonly host: string;
      readonly pid: number;
      readonly path?: string;
    }
  /** Why a node runs, with `--explain`; just before it starts. */
  | {
      readonly type: 'node-explained';
      readonly time: number;
      readonly node: string;
      readonly text: string;
    }
  | {
      readonly type: 'node-event';
      readonly time: number;
      readonly node: string;
      readonly event: StageEvent;
    }
  | {
      readonly type: 'node-finished';
      readonly time: number;
      readonly node: string;
      readonly outcome: 'executed' | 'cached';
      /** True where a cached result had to be copied or linked back into the workspace. */
      readonly restored: boolean;
      readonly seconds: number;
      readonly summary: JsonObject;
      /** What its result is filed under; absent where it is cached, see `used` of the run's end. */
      readonly fingerprint?: string;
      /** CPU time of its processes; absent where it is cached, or where nothing tells. */
      readonly cpuSeconds?: number;
      /** The most bytes of memory that they were seen to have; null where nobody looked in time. */
      readonly memory?: number | null;
    }
  | {
      readonly type: 'node-failed';
      readonly time: number;
      readonly node: string;
      readonly message: string;
      /** Path of the log relative to the workspace, null where the process never started. */
      readonly log: string | null;
      readonly logTail: readonly string[];
      /** Folder with what it wrote to its outputs, relative to the workspace; absent where that is nothing. */
      readonly kept?: string;
      readonly seconds: number;
    }
  /** A cached result was made again in a private folder; the cache keeps what it had. */
  | {
      readonly type: 'node-rechecked';
      readonly time: number;
      readonly node: string;
      /** Outputs whose bytes were others than the cached ones. */
      readonly differing: readonly string[];
      readonly seconds: number;
    }
  /** An attempt failed and there will be another; `node-started` follows after the wait. */
  | {
      readonly type: 'node-retrying';
      readonly time: number;
      readonly node: string;
      /** The attempt that failed, from 1, and how many there are at most. */
      readonly attempt: number;
      readonly attempts: number;
      readonly waitSeconds: number;
      readonly message: string;
      /** Path of that attempt's log relative to the workspace. */
      readonly log: string;
    }
  | {
      readonly type: 'node-skipped';
      readonly time: number;
      readonly node: string;
      readonly because: string;
      /** Of a node whose stage ran and was stopped: for how long, and whether it goes on from there. */
      readonly stopped?: { readonly seconds: number; readonly goesOn: boolean };
    }
  /**
   * How far transfers to or from the remote cache have come, told now and then while they go on, and at
   * the end of a run that had any.
   */
  | {
      readonly type: 'transfer';
      readonly time: number;
      readonly direction: 'pull' | 'push';
      /** Objects that have come or gone, and those that are known to have to. */
      readonly done: number;
      readonly of: number;
      readonly bytes: number;
      readonly ofBytes: number;
      readonly isLast: boolean;
    }
  /** Something the user should know that stops nothing, such as a damaged cache object. */
  | {
      readonly type: 'warning';
      readonly time: number;
      readonly node: string | null;
      readonly text: string;
      /** What the node did in the workspace without declaring it, where that is the warning. */
      readonly undeclared?: readonly Access[];
    }
  /** `pipeline watch` noticed edits. */
  | {
      readonly type: 'watch';
      readonly state: 'woken';
      readonly time: number;
      /** Paths from the workspace of the files that were edited, made or removed. */
      readonly changed: readonly string[];
      /**
       * The nodes whose own part changed; none where the edits do not matter, null where mistakes
       * keep that from being known.
       */
      readonly affected: readonly string[] | null;
    }
  /** `pipeline watch` has nothing to do until the next edit. */
  | { readonly type: 'watch'; readonly state: 'waiting'; readonly time: number }
  /** `pipeline watch` cannot read the pipeline as it is now. */
  | {
      readonly type: 'mistakes';
      readonly time: number;
      readonly diagnostics: readonly Diagnostic[];
      /** The mistakes as people read them, with the lines they are in. */
      readonly text: string;
    }
  | { readonly type: 'run-interrupted'; readonly time: number; readonly signal: string }
  | {
      readonly type: 'run-finished';
      readonly time: number;
      readonly executed: number;
      readonly cached: number;
      readonly failed: number;
      readonly skipped: number;
      readonly seconds: number;
      /** The note of the results that it relied on, see `noteUsage`; absent where there are none. */
      readonly used?: string;
      /** CPU time of the stages that ran; absent where nothing tells. */
      readonly cpuSeconds?: number;
    };

/** A subscriber of a run's events. It must not throw and must not keep the process alive. */
export interface Reporter {
  readonly report: (event: RunEvent) => void;
  /** Called once, after the last event: flush, restore the terminal. */
  readonly close: () => void;
}
