/** Options of `run` and `watch` → the settings of a run, read once and handed on whole. */

import { findNodes } from '../graph/select.ts';
import type { Graph } from '../graph/types.ts';
import type { Forced } from '../inspect/forced.ts';
import type { RemoteOptions } from '../remote/remote-settings.ts';
import type { RunSettings, SampleChoice } from '../scheduler/run-settings.ts';
import { badArgument } from './mistakes.ts';

/** The options that say what runs although it has a result. */
export interface ForceOptions {
  /** All that is selected. */
  readonly force?: boolean;
  /** The targets alone. */
  readonly forceTargets?: boolean;
}

/** The options that say which hits are made again afterwards. */
export interface RecheckOptions {
  readonly recheck?: string;
  readonly recheckSeed?: string;
}

/** The options that say how a run is gone about. */
export interface SettingOptions extends ForceOptions, RemoteOptions {
  readonly keepGoing?: boolean;
  readonly explain?: boolean;
}

/**
 * The settings of a run.
 *
 * @param rest what depends on the pipeline, and on which run of several this is
 */
export function readSettings(
  targets: readonly string[],
  options: SettingOptions,
  rest: Pick<RunSettings, 'force' | 'audit' | 'recheck'>,
): RunSettings {
  return {
    targets,
    keepGoing: options.keepGoing === true,
    offline: options.offline === true,
    remote: pickRemote(options),
    explain: options.explain === true,
    ...rest,
  };
}

/** What options say of the remote cache. */
function pickRemote({ remote, push, offline }: RemoteOptions): RemoteOptions {
  return {
    ...(remote === undefined ? {} : { remote }),
    ...(push === undefined ? {} : { push }),
    ...(offline === undefined ? {} : { offline }),
  };
}

/** Which nodes run although they have a result. Without targets, everything is one. */
export function readForced(
  { force = false, forceTargets = false }: ForceOptions,
  graph: Graph,
  targets: readonly string[],
): Forced {
  if (force || !forceTargets || targets.length === 0) return force || forceTargets;
  return new Set(targets.flatMap((target) => findNodes(graph, target) ?? []));
}

/** Which hits are made again. @returns null for none @throws {UserMistakes} where it is no share */
export function readSample({ recheck, recheckSeed = '0' }: RecheckOptions): SampleChoice | null {
  if (recheck === undefined) return null;
  const share = Number(recheck);
  if (share > 0 && share <= 1) return { share, seed: recheckSeed };
  throw badArgument('--recheck', `"${recheck}" is no share of the cached results`, {
    expected: 'a number above 0 and up to 1, such as 0.05',
  });
}
