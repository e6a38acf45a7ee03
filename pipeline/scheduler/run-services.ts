/** Running, what it needs of the world: small interfaces, which a unit test gives as tables. */

import type { Access } from '../audit/access.ts';
import type { CollectResult } from '../cache/collect-outputs.ts';
import type { ResultOutput, ResultRecord } from '../cache/results.ts';
import type { JobFile, StageEvent } from '../contract/stage.ts';
import type { JsonObject } from '../contract/values.ts';
import type {
  AttemptPlace,
  Elsewhere,
  Execution,
  GrantedCpus,
  Readings,
} from '../executor/executor.ts';
import type { StageUsage } from '../executor/usage-meter.ts';
import type { Digest } from '../fingerprint/canonical.ts';
import type { Moment } from '../fingerprint/file-clock.ts';
import type { Fingerprint } from '../fingerprint/record.ts';
import type { GraphNode, NodeId } from '../graph/types.ts';
import type { Prediction } from '../inspect/durations.ts';
import type { Inspection, KnownResults } from '../inspect/inspect.ts';
import type { RecalledNode } from '../inspect/recall.ts';
import type { LeaseHolder } from '../lease/lease-file.ts';
import type { Lease } from '../lease/leases.ts';
import type { Result } from '../pipeline-file/diagnostic.ts';
import type { RunEvent } from '../progress/events.ts';
import type { ChangedInput, RestoreFailure } from './failure.ts';
import type { Settled } from './settle-found.ts';

/** Looks at nodes: what they read, and whether they have a result. */
export interface Reader {
  /** What is known of a node with its inputs as they are now; whatever stands upstream is known. */
  readonly look: (node: GraphNode, known: KnownResults) => Promise<Result<Inspection>>;
  /** An input that is no longer what the look found; null where there is none. */
  readonly findChange: (inspection: Inspection, known: KnownResults) => ChangedInput | null;
  /** The look to which a result belongs whose stage was seen to read something; the look itself for others. */
  readonly settle: (inspection: Inspection, readings: Readings | null) => Settled;
  /** Notes what a stage reads, by which its node is looked at from then on. */
  readonly noteReadings: (inspection: Inspection, readings: Readings) => void;
  /** From now on files are looked at again, even if nothing tells that they changed. */
  readonly forget: () => void;
}

/** Remembers nodes that were up to date. */
export interface Memory {
  /** Of some nodes, those that need no look. */
  readonly find: (nodes: readonly GraphNode[]) => Promise<ReadonlyMap<NodeId, RecalledNode>>;
  readonly keep: (inspection: Inspection, result: ResultRecord) => void;
}

/** Finds and publishes results. */
export interface Results {
  /** The result that is filed under a fingerprint now; null where none can be used. */
  readonly find: (fingerprint: Fingerprint) => ResultRecord | null;
  /** Gives a job what a node may go on from, in its private folder. */
  readonly prepare: (inspection: Inspection, job: JobFile, folder: string) => Promise<JobFile>;
  /**
   * What a stage has written, ready to be published; or why it cannot be.
   *
   * @param note where that is noted, and found by who comes after this process; null for nowhere
   */
  readonly collect: (node: GraphNode, job: JobFile, note: string | null) => CollectResult;
  /**
   * Publishes what was collected, the record last.
   *
   * @param mayPublish asked when all is done but to give the record its name
   * @returns null where it may not
   */
  readonly publish: (made: MadeResult, mayPublish: () => boolean) => Promise<ResultRecord | null>;
}

/** What a stage was given and reported, and when and for how long it ran. */
export interface AttemptFacts {
  readonly inspection: Inspection;
  readonly job: JobFile;
  /** Absolute path of its log. */
  readonly logPath: string;
  readonly summary: JsonObject;
  /** What it did in the workspace without declaring it; null where nobody looked. */
  readonly undeclared: readonly Access[] | null;
  /** What it read, where that counts as its inputs. */
  readonly readings: Readings | null;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly seconds: number;
  /** Whether that is the time of all its work, and not from where another attempt was; null where nothing tells. */
  readonly isWhole: boolean | null;
  /** How many it had, on average. */
  readonly cpus: number;
  /** What it used of them and of memory; null where nothing tells. */
  readonly usage: StageUsage | null;
  /** Where it ran; null for this machine. */
  readonly elsewhere: Elsewhere | null;
}

/** What a node made, and how. */
export interface MadeResult extends AttemptFacts {
  readonly collected: Extract<CollectResult, { ok: true }>;
  /** Told of what does not keep the result from being published. */
  readonly warn: (text: string, error: unknown) => void;
}

/** How restoring outputs went: all are in place, or why the first could not be put there. */
export type Restored =
  | { readonly ok: true; readonly restored: boolean }
  | { readonly ok: false; readonly failure: RestoreFailure };

/** The places of outputs in the workspace, which runs with other settings may have put theirs at. */
export interface Outputs {
  /** What keeps a node from its inputs or its outputs from their places; null where nothing does. */
  readonly findObstacle: (node: GraphNode) => string | null;
  /** Brings what a node reads of other nodes to its places. */
  readonly claim: (node: GraphNode, known: KnownResults) => Promise<Restored>;
  /** Brings a result's outputs, or some of them, to their places; those that are read there now, at the end of the run. */
  readonly restore: (
    node: GraphNode,
    outputs: Readonly<Record<string, ResultOutput>>,
    names?: readonly string[],
  ) => Promise<Restored>;
  /** Whether the cache has all that an output is made of. */
  readonly isCached: (output: ResultOutput) => boolean;
  /** Restores what is left. @returns what stands in the workspace that is another run's, in words */
  readonly finish: (nodes: readonly GraphNode[], known: KnownResults) => Promise<string | null>;
}

/** Results that others have made. What fails there is told once, and is as if they had none. */
export interface Remote {
  /** Asks for the result of a node; if there is one, the cache has its record from then on. */
  readonly find: (work: Inspection) => Promise<void>;
  /** Asks what others have seen a node read, by which its result is found. */
  readonly findReads: (work: Inspection) => Promise<void>;
  /**
   * Brings outputs into the cache.
   *
   * @param result whose log and code come with them; null for none
   * @returns whether all are there then
   */
  readonly fetch: (
    outputs: readonly ResultOutput[],
    result: ResultRecord | null,
  ) => Promise<boolean>;
  /** Begins to send a result, where this run does that. */
  readonly send: (result: ResultRecord) => void;
}

/** Who does what, across processes. */
export interface WorkLeases {
  /**
   * Takes the lease of some work if it is free, or its holder gone.
   *
   * @param reads places that stay as they are while it is held, from the workspace
   * @returns the lease; else who has it, as far as that can be read
   */
  readonly take: (
    work: Digest,
    reads: readonly string[],
  ) => Lease | { readonly heldBy: LeaseHolder | null };
  /** Null where nobody has it, or that cannot be read. */
  readonly holderOf: (work: Digest) => LeaseHolder | null;
  /** Whether it could be taken. */
  readonly isFree: (work: Digest) => boolean;
}

/** What a stage is started with. */
export interface StageWork {
  readonly inspection: Inspection;
  readonly job: JobFile;
  /** The private folder of the attempt. */
  readonly folder: string;
  /** Absolute path of the stage's log. */
  readonly logPath: string;
  /** Ids of the GPUs that are its own while it runs. */
  readonly gpus: readonly string[];
  readonly cpus: GrantedCpus;
  readonly onEvent: (event: StageEvent) => void;
  /** When it was begun, of one that goes on from a process that is gone; null for one that begins. */
  readonly since: Moment | null;
}

/** Starts stages. */
export interface Stages {
  /** Where an attempt at a node is made, or goes on that a process which is gone has begun. */
  readonly place: (inspection: Inspection) => AttemptPlace;
  /** @returns an execution that keeps to the stage's time limit */
  readonly start: (work: StageWork) => Execution;
}

/** The clock, and who is told. */
export interface RunEvents {
  /** In milliseconds since the epoch. */
  readonly now: () => number;
  readonly report: (event: RunEvent) => void;
  /** Told of each stage that starts, after its event, what it is started with; absent where nobody asks. */
  readonly started?: (work: Inspection) => void;
}

/** Expects how long nodes run. */
export interface Durations {
  readonly predict: (node: GraphNode, record: null) => Prediction;
}

/** All that a run needs of the world. */
export interface RunServices {
  readonly reader: Reader;
  /** Null where nothing is remembered. */
  readonly memory: Memory | null;
  readonly results: Results;
  readonly outputs: Outputs;
  /** Null where results are not shared. */
  readonly remote: Remote | null;
  readonly leases: WorkLeases;
  readonly stages: Stages;
  readonly events: RunEvents;
  readonly durations: Durations;
}
