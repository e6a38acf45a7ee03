/** Where a report's numbers come from: what is the same whenever they are computed, and what is not. */

import { readFileSync } from 'node:fs';
import { cpus, hostname, release, totalmem, type } from 'node:os';
import { join } from 'node:path';
import type { NodeStatus, Shell } from 'rederive/contract';
import type { ExperimentStatus } from './experiments.ts';
import type { VolatileFacts } from './volatile-facts.ts';

/** A node with what identifies its result. */
interface NodeIdentity {
  readonly node: string;
  /** Null where its inputs are not there yet. */
  readonly fingerprint: string | null;
  readonly isMade: boolean;
  /** Its result is in the cache, but not in its place. */
  readonly isCached: boolean;
}

/** What the numbers depend on. */
export interface Provenance {
  readonly profile: string;
  /** The settings of the command line, `key=value`. */
  readonly settings: readonly string[];
  /** The name of the exploration that it is; null for none. */
  readonly exploration: string | null;
  /** Names with sizes: `CIFAR-10: 2,000 training and 10,000 test images`. */
  readonly datasets: readonly string[];
  /** SHA-256 of the images and labels that all experiments start from. Null where not there yet. */
  readonly records: string | null;
  /** Parameters of the engine that trains, by dotted name. */
  readonly engine: Readonly<Record<string, string>>;
  /** The project's packages with their versions. */
  readonly packages: readonly (readonly [string, string])[];
  readonly nodes: readonly NodeIdentity[];
}

/** Gathers what the numbers of a profile depend on. */
export function gatherProvenance(
  workspace: string,
  profile: string,
  settings: readonly string[],
  nodes: readonly NodeStatus[],
  experiments: readonly ExperimentStatus[],
): Omit<Provenance, 'exploration'> {
  const count = (value: unknown) => Number(value).toLocaleString('en-US');
  const datasets = experiments.flatMap(({ row }) => {
    if (row === null) return [];
    const origin = row['synthetic'] === true ? ' (generated, not CIFAR-10)' : '';
    const images = `${count(row['train'])} training and ${count(row['test'])} test images`;
    return `${row['dataset']}${origin}: ${images}`;
  });
  const training = experiments.find((experiment) => experiment.training !== null)?.training;
  const engine = Object.entries(training?.params ?? {}).filter(([name]) =>
    name.startsWith('engine.'),
  );
  const { dependencies } = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>;
  };
  const records = nodes.find(({ outputs }) => outputs['records'] !== undefined);
  return {
    profile,
    settings,
    datasets: [...new Set(datasets)].sort(),
    records: records?.digests?.['records'] ?? null,
    engine: Object.fromEntries(engine.map(([name, value]) => [name, String(value)])),
    packages: Object.entries(dependencies ?? {}),
    nodes: nodes.map(({ node, fingerprint, state }) => ({
      node,
      fingerprint,
      isMade: state === 'up-to-date',
      isCached: state === 'cached',
    })),
  };
}

/** Gathers what differs from machine to machine and from run to run. */
export async function gatherVolatileFacts(
  $: Shell,
  nodes: readonly NodeStatus[],
  specs: Readonly<Record<string, object>>,
  given: Pick<VolatileFacts, 'timeline' | 'runTime' | 'allTime' | 'logs'>,
): Promise<VolatileFacts> {
  const finished = nodes.filter(({ state, made }) => state === 'up-to-date' && made !== null);
  const latest = finished.map(({ made }) => made?.run ?? '').reduce((a, b) => (a > b ? a : b), '');
  const [first] = cpus();
  return {
    commit: await readCommit($),
    host: hostname(),
    system: `${type()} ${release()}, ${Math.round(totalmem() / 2 ** 30)} GiB of memory`,
    processor: `${first?.model.trim() ?? 'unknown'}, ${cpus().length} CPUs`,
    node: process.version,
    ...given,
    made: Object.fromEntries(
      finished.flatMap(({ node, made, seconds, cpuSeconds, memory }) =>
        made === null
          ? []
          : [
              [
                node,
                {
                  at: made.at,
                  host: made.host,
                  seconds: seconds ?? 0,
                  cpuSeconds,
                  memory,
                  isLatest: made.run === latest,
                },
              ],
            ],
      ),
    ),
    specs,
  };
}

/** The commit that is checked out, with a word where files differ from it; null outside Git. */
async function readCommit($: Shell): Promise<string | null> {
  try {
    const ask = $({ quiet: true });
    const commit = (await ask`git rev-parse HEAD`).stdout.trim();
    const changes = (await ask`git status --porcelain`).stdout.trim();
    return changes === '' ? commit : `${commit}, with changes that are not committed`;
  } catch {
    return null;
  }
}
