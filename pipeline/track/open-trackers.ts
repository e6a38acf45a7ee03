/** Choices of trackers, with what the environment says of their servers → trackers that can be told something. */

import { basename, join } from 'node:path';
import type { TrackersSpec } from '../pipeline-file/types.ts';
import { openComet } from '../trackers/comet/comet.ts';
import { HttpClient, isPrivate, readServerAddress } from '../trackers/http-client.ts';
import { openMlflow } from '../trackers/mlflow/mlflow.ts';
import { openTensorBoard } from '../trackers/tensorboard/tensorboard.ts';
import { type Tracker, TrackerFault } from '../trackers/tracker.ts';
import type { TrackerName } from './choose-trackers.ts';
import { readSecret } from './read-secret.ts';

/** Where event files stand unless it is said. */
const FOLDER = 'tensorboard';
/** What Comet is not told of: curves of single steps. */
const SKIPPED = ['step'];
const COMET = 'https://www.comet.com';

/** What trackers are opened with. */
export interface TrackerSurroundings {
  readonly spec: TrackersSpec;
  /** Absolute path of the workspace. */
  readonly root: string;
  /** Keys and tokens are in it, and are kept nowhere. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** No network connection is opened. */
  readonly isOffline: boolean;
}

/**
 * Opens a tracker.
 *
 * @throws nothing itself: one that cannot be told anything as things are has experiments that refuse whatever they
 * are told with a {@link TrackerFault}, which says why
 */
export function openTracker(name: TrackerName, around: TrackerSurroundings): Tracker {
  const { spec, root, isOffline } = around;
  if (name === 'tensorboard')
    return openTensorBoard(join(root, spec.tensorboard?.folder ?? FOLDER));
  if (isOffline) return refuseAll(name, 'the run is --offline');
  try {
    return name === 'mlflow' ? openMlflowServer(around) : openCometServer(around);
  } catch (error) {
    if (error instanceof TrackerFault) return refuseAll(name, error.message);
    throw error;
  }
}

function openMlflowServer({ spec, root, environment }: TrackerSurroundings): Tracker {
  const said = environment['MLFLOW_TRACKING_URI'] || spec.mlflow?.uri;
  if (said === undefined) {
    return refuseAll(
      'mlflow',
      'neither MLFLOW_TRACKING_URI nor trackers.mlflow.uri names a server',
    );
  }
  const address = readServerAddress(said);
  if (address === null) {
    return refuseAll(
      'mlflow',
      'its address is none of a server: https://… or http://…, without a password',
    );
  }
  const secret = readMlflowSecret(environment);
  if (secret !== null && !isPrivate(address))
    return refuseAll('mlflow', wordOpenSecret('MLFLOW_TRACKING_…'));
  const client = new HttpClient(address, secret === null ? {} : { authorization: secret });
  const experiment =
    environment['MLFLOW_EXPERIMENT_NAME'] || (spec.mlflow?.experiment ?? basename(root));
  return openMlflow(client, experiment);
}

/** The header that says who asks; null where nobody in particular does. @throws {TrackerFault} */
function readMlflowSecret(environment: TrackerSurroundings['environment']): string | null {
  const token = readSecret(environment, 'MLFLOW_TRACKING_TOKEN');
  if (token !== null) return `Bearer ${token}`;
  const user = readSecret(environment, 'MLFLOW_TRACKING_USERNAME', true);
  if (user === null) return null;
  const password = readSecret(environment, 'MLFLOW_TRACKING_PASSWORD', true) ?? '';
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

function openCometServer({ spec, root, environment }: TrackerSurroundings): Tracker {
  const key = readSecret(environment, 'COMET_API_KEY');
  if (key === null) return refuseAll('comet', 'COMET_API_KEY is not set');
  const workspace = environment['COMET_WORKSPACE'] || spec.comet?.workspace;
  if (workspace === undefined) {
    return refuseAll(
      'comet',
      'neither COMET_WORKSPACE nor trackers.comet.workspace names a workspace',
    );
  }
  const said = environment['COMET_URL_OVERRIDE'] || (spec.comet?.url ?? COMET);
  // Comet's own clients have the path of theirs behind it.
  const address = readServerAddress(said.replace(/\/clientlib\/?$/, ''));
  if (address === null) return refuseAll('comet', 'its address is none of a server: https://…');
  if (!isPrivate(address)) return refuseAll('comet', wordOpenSecret('COMET_API_KEY'));
  const project = environment['COMET_PROJECT_NAME'] || (spec.comet?.project ?? basename(root));
  return openComet(new HttpClient(address, { authorization: key }), {
    workspace,
    project,
    skip: spec.comet?.skip ?? SKIPPED,
  });
}

function wordOpenSecret(variable: string): string {
  return `${variable} would go over the network for anybody to read; its address must begin with https://`;
}

function refuseAll(name: TrackerName, reason: string): Tracker {
  return {
    name,
    open: () => ({
      most: 1,
      take: async () => {
        throw new TrackerFault('refused', reason, { isCertain: true });
      },
    }),
  };
}
