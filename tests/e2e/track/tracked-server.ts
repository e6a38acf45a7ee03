import { COMET_KEY, CometServer } from '../../fixtures/comet-server.ts';
import { MlflowServer } from '../../fixtures/mlflow-server.ts';
import type { TrackingServer } from '../../fixtures/tracking-server.ts';

/** A server with what a test asks of any. */
export interface TrackedServer {
  readonly server: TrackingServer;
  /** What runs need to be told. */
  readonly env: () => Record<string, string>;
  /** Experiments that were made. */
  readonly count: () => number;
  /** Steps that were taken of a metric of the first experiment. */
  readonly steps: (metric: string) => number[];
  /** Whether the last that was said of it is that it has ended well. */
  readonly isFinished: () => boolean;
  /** The path of the call that tells of metrics. */
  readonly metricCall: string;
  /** Which of these calls, from 1, is the first that tells of metrics. */
  readonly firstMetrics: number;
}

/** Starts the server of a tracker. */
export async function startTracked(name: 'mlflow' | 'comet'): Promise<TrackedServer> {
  if (name === 'mlflow') {
    const server = await new MlflowServer('Bearer mlflow-token-of-tests').start();
    return {
      server,
      env: () => ({
        MLFLOW_TRACKING_URI: server.url,
        MLFLOW_TRACKING_TOKEN: 'mlflow-token-of-tests',
      }),
      count: () => server.calls('runs/create').length,
      steps: (metric) => server.steps('run1', metric),
      isFinished: () => server.calls('runs/update').at(-1)?.json['status'] === 'FINISHED',
      metricCall: '/api/2.0/mlflow/runs/log-batch',
      firstMetrics: 2,
    };
  }
  const server = await new CometServer().start();
  return {
    server,
    env: () => ({
      COMET_API_KEY: COMET_KEY,
      COMET_URL_OVERRIDE: server.url,
      COMET_WORKSPACE: 'lab',
    }),
    count: () => server.keys.length,
    steps: (metric) => server.steps('key1', metric),
    isFinished: () => server.calls('log-other').at(-1)?.json['value'] === 'finished',
    metricCall: '/api/rest/v2/write/experiment/metric',
    firstMetrics: 1,
  };
}

/** The numbers from 1 on. */
export function countTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
