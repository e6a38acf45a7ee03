/** Running, its settings: what a user wishes of a run, read from the arguments once. */

import type { Forced } from '../inspect/forced.ts';
import type { RemoteOptions } from '../remote/remote-settings.ts';

/** What a user wishes of a run: made where the arguments are read, and handed on whole. */
export interface RunSettings {
  /** Targets as they were named; none for everything. */
  readonly targets: readonly string[];
  readonly force: Forced;
  /** A failure keeps nothing else from being started. */
  readonly keepGoing: boolean;
  /** Stages are told to do without the network. */
  readonly offline: boolean;
  /** What the arguments say of the remote cache; absent where that is nothing. */
  readonly remote?: RemoteOptions;
  /** Say why each node runs. */
  readonly explain: boolean;
  readonly audit: AuditSettings;
  /** The hits to make again afterwards; null for none. */
  readonly recheck: SampleChoice | null;
}

/** What a run does about things that stages do without declaring them. */
export interface AuditSettings {
  /** They fail the node; and a result of which nobody knows whether there were any is made again. */
  readonly strict: boolean;
  /** Whether commands are watched. Modules always are. */
  readonly commands: boolean;
  /** What is not watched although that was asked for; null where that is nothing. */
  readonly gap: string | null;
}

/** Which hits to make again: how many of them, and by what they are drawn. */
export interface SampleChoice {
  /** Above 0 and up to 1. */
  readonly share: number;
  readonly seed: string;
}
