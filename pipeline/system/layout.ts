/** The one place that knows where everything stands under `.pipeline/`. */

import { join } from 'node:path';
import { fitName } from './fit-name.ts';

/** The folder of all that is the engine's own, from the workspace. */
const STATE_FOLDER = '.pipeline';

/** The folder of all that a pilot makes, from the workspace. */
export const PILOT_FOLDER = `${STATE_FOLDER}/pilot`;

/** Where everything of the engine's own stands: under `.pipeline/` of a workspace, or, for a pilot, in
 * a folder in there, so that neither's results are the other's. */
export class StateLayout {
  readonly workspace: string;
  readonly root: string;
  readonly owner: string;

  /**
   * @param owner name of this process's own temporary folder: `<host>-<pid>-<nonce>`
   * @param folder from the workspace
   */
  constructor(workspace: string, owner: string, folder = STATE_FOLDER) {
    this.workspace = workspace;
    this.root = join(workspace, folder);
    this.owner = owner;
  }

  /** Holds {@link root}, or is the same where that is not a pilot's. */
  get stateFolder(): string {
    return join(this.workspace, STATE_FOLDER);
  }

  /** Where a pilot of this workspace has its own things. */
  get pilot(): StateLayout {
    return new StateLayout(this.workspace, this.owner, PILOT_FOLDER);
  }

  get objectRoot(): string {
    return join(this.root, 'cache', 'objects');
  }

  /** Content by its SHA-256, read-only. */
  object(digest: string): string {
    return `${this.root}/cache/objects/${digest.slice(0, 2)}/${digest.slice(2)}`;
  }

  /** Key of the digests that stand for environment variables in records. */
  get variableKey(): string {
    return join(this.root, 'cache', 'key');
  }

  /** The version of the records that runs write. */
  get cacheVersion(): string {
    return join(this.root, 'cache', 'version');
  }

  /** The records of all results. */
  get resultRoot(): string {
    return join(this.root, 'cache', 'actions');
  }

  /** The record of a result, by fingerprint. */
  result(fingerprint: string): string {
    return `${this.root}/cache/actions/${fingerprint.slice(0, 2)}/${fingerprint}.json`;
  }

  get readSetRoot(): string {
    return join(this.root, 'cache', 'reads');
  }

  /** What results of a node were seen to read, by the fingerprint of what it declares. */
  readSets(declared: string): string {
    return join(this.readSetRoot, declared.slice(0, 2), declared);
  }

  get lineageRoot(): string {
    return join(this.root, 'cache', 'lineages');
  }

  /** A folder with a file named after each result of a lineage. */
  lineage(lineage: string): string {
    return join(this.lineageRoot, lineage.slice(0, 2), lineage);
  }

  /** Which results the stages have had. */
  get histories(): string {
    return join(this.root, 'cache', 'history');
  }

  /** Which results one stage has had: a file of lines. */
  history(stage: string): string {
    return join(this.histories, `${fitName(stage)}.jsonl`);
  }

  /** Damaged objects and records, moved out of the way for a person to look at. */
  get quarantine(): string {
    return join(this.root, 'cache', 'quarantine');
  }

  /** Which results runs relied on, and when. */
  get usageRoot(): string {
    return join(this.root, 'cache', 'used');
  }

  get codeRoot(): string {
    return join(this.root, 'code');
  }

  /**
   * Bundles of stage code, by the digest of their closure.
   *
   * @param entry number of a module of that closure that is started as a thread or process
   */
  code(digest: string, entry?: number): string {
    return join(this.codeRoot, `${digest}${entry === undefined ? '' : `.${entry}`}.mjs`);
  }

  /** The temporary folders of all processes. */
  get temporaryRoot(): string {
    return join(this.root, 'tmp');
  }

  /** This process's own: private folders of running stages, files on their way to their place. */
  get temporary(): string {
    return join(this.temporaryRoot, this.owner);
  }

  get scratchRoot(): string {
    return join(this.root, 'scratch');
  }

  /** What a stage keeps between attempts at the same work. */
  scratch(fingerprint: string): string {
    return join(this.scratchRoot, fingerprint);
  }

  get failedRoot(): string {
    return join(this.root, 'failed');
  }

  /** What the last attempt at a node wrote to its outputs, where it failed. */
  failed(node: string): string {
    return join(this.failedRoot, fitName(node));
  }

  /** The leases of all work that processes are at. */
  get leaseRoot(): string {
    return join(this.root, 'leases');
  }

  /** The lease of some work: a file a generation, of which the highest counts. */
  leaseFolder(key: string): string {
    return join(this.leaseRoot, key);
  }

  lease(key: string, generation: number): string {
    return join(this.leaseFolder(key), String(generation));
  }

  get memoRoot(): string {
    return join(this.root, 'memo');
  }

  /** Digests already computed; losing it costs time only. */
  memo(name: string): string {
    return join(this.memoRoot, name);
  }

  /** What commands of the workspace keep, a file each; made by whoever keeps something. */
  get commandState(): string {
    return join(this.stateFolder, 'commands');
  }

  /** What is known of jobs of a cluster. */
  get jobRoot(): string {
    return join(this.root, 'jobs');
  }

  /** Holds an entry for each work that a job is at; there is none where no job ever was. */
  get jobEntries(): string {
    return join(this.jobRoot, 'of');
  }

  /** Where this user's live page is served, with its token. */
  get servedAddress(): string {
    return join(this.stateFolder, `served-${process.geteuid?.() ?? 'user'}.json`);
  }

  /** What runs have put where. */
  get placements(): string {
    return join(this.root, 'placed.jsonl');
  }

  /** What runs kept of the user's; pilots' too, because what is a pilot's own goes when it is old. */
  get keptRoot(): string {
    return join(this.stateFolder, 'kept');
  }

  /** What a run found at the places of its outputs and did not put there: the user's. */
  kept(run: string): string {
    return join(this.keptRoot, run);
  }

  /** What is known of experiments that trackers are told of, and what they have not taken yet. */
  get trackRoot(): string {
    return join(this.root, 'track');
  }

  get runRoot(): string {
    return join(this.root, 'runs');
  }

  /** Event log and stage logs of one run. */
  run(id: string): string {
    return join(this.runRoot, id);
  }

  /** What a node's stage prints in a run, by the number of the attempt, from 1; or when it is made again. */
  log(run: string, node: string, attempt: number | 'recheck'): string {
    const ending = attempt === 1 ? '' : attempt === 'recheck' ? '.recheck' : `.attempt-${attempt}`;
    return join(this.run(run), 'logs', `${fitName(node)}${ending}.log`);
  }
}
