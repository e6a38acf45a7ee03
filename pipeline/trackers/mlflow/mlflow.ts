/** The tracker `mlflow`: a run of MLflow for each experiment. */

import type { HttpClient } from '../http-client.ts';
import type { ItemStatus, TrackItem } from '../item.ts';
import { KnownSteps } from '../known-steps.ts';
import { readObject } from '../read-object.ts';
import {
  type ExperimentPlace,
  type TrackedExperiment,
  type Tracker,
  type TrackerBatch,
  type TrackerMemory,
  tellFurther,
} from '../tracker.ts';
import {
  BATCH_LIMITS,
  MlflowApi,
  type MlflowMetric,
  type MlflowRun,
  type MlflowStatus,
} from './mlflow-api.ts';
import { toMlflowEntries, toMlflowKey } from './mlflow-keys.ts';

/** By which a run is found again whose making was not acknowledged. */
const TAG = 'pipeline.experiment';
/** Characters of a parameter and of a tag that every server keeps. */
const LONGEST_PARAM = 500;
const LONGEST_TAG = 5_000;
const STATUSES: Readonly<Record<ItemStatus, MlflowStatus>> = {
  finished: 'FINISHED',
  failed: 'FAILED',
  interrupted: 'KILLED',
};

/** Opens the tracker. @param experiment the name of the experiment that runs are put into */
export function openMlflow(client: HttpClient, experiment: string): Tracker {
  return {
    name: 'mlflow',
    open: (place, memory) => new RemoteRun(client, experiment, place, memory),
  };
}

/** A run on the server. */
class RemoteRun implements TrackedExperiment {
  readonly most = BATCH_LIMITS.all;
  readonly #client: HttpClient;
  readonly #experiment: string;
  readonly #place: ExperimentPlace;
  #memory: TrackerMemory;
  #run: MlflowRun | null = null;
  readonly #known: KnownSteps;

  constructor(
    client: HttpClient,
    experiment: string,
    place: ExperimentPlace,
    memory: TrackerMemory | null,
  ) {
    this.#client = client;
    this.#experiment = experiment;
    this.#place = place;
    this.#memory = memory ?? {};
    this.#known = new KnownSteps(this.#memory['isAdopted'] === true);
  }

  async take(batch: TrackerBatch): Promise<void> {
    const api = new MlflowApi(this.#client, batch.signal);
    const run = await this.#findRun(api, batch);
    this.#known.begin(batch);
    const metrics: MlflowMetric[] = [];
    let count = 0;
    const flush = async () => {
      for (let at = 0; at < metrics.length; at += BATCH_LIMITS.metrics) {
        const some = metrics.slice(at, at + BATCH_LIMITS.metrics);
        const points = some.map(({ key: metric, step }) => ({ metric, step }));
        const log = () => this.#known.sending(points, () => api.logBatch(run.id, some, [], []));
        await (at === 0 ? log() : tellFurther(log));
      }
      metrics.length = 0;
      batch.acknowledge(count);
    };
    for (const item of batch.items) {
      const fresh = await this.#toMetrics(api, run, item);
      // So that what was acknowledged is all of some items.
      if (metrics.length + fresh.length > BATCH_LIMITS.metrics) await flush();
      metrics.push(...fresh);
      if (item.type !== 'metrics') {
        await flush();
        await tellFurther(() => this.#tell(api, run, item, batch));
      }
      count += 1;
      if (metrics.length === 0) batch.acknowledge(count);
    }
    await flush();
    this.#known.end();
  }

  /** Makes the run, unless it is there. */
  async #findRun(api: MlflowApi, batch: TrackerBatch): Promise<MlflowRun> {
    if (this.#run !== null) return this.#run;
    const { key } = this.#memory;
    if (typeof key === 'string') {
      this.#run = await api.getRun(key);
      return this.#run;
    }
    const experiment = await api.findExperiment(this.#experiment);
    const tag = { key: TAG, value: this.#place.mark };
    const { node, profile, name } = this.#place;
    const tags = [
      tag,
      { key: 'pipeline.node', value: node },
      { key: 'pipeline.profile', value: profile },
    ];
    this.#run =
      (batch.isRepeated ? await api.findRun(experiment, tag) : null) ??
      (await api.createRun(experiment, name, batch.items[0]?.time ?? Date.now(), tags));
    this.#memory = { ...this.#memory, key: this.#run.id };
    batch.remember(this.#memory);
    return this.#run;
  }

  async #toMetrics(api: MlflowApi, run: MlflowRun, item: TrackItem): Promise<MlflowMetric[]> {
    if (item.type !== 'metrics' && item.type !== 'summary') return [];
    const { step, time: timestamp } = item;
    const values: Record<string, number> = {};
    for (const [name, value] of Object.entries(item.values)) {
      if (typeof value !== 'number') continue;
      values[toMlflowKey(item.type === 'summary' ? `summary/${name}` : name)] = value;
    }
    const fresh = await this.#known.lacking(step, values, (key) => api.listSteps(run.id, key));
    return Object.entries(fresh).map(([key, value]) => ({ key, value, timestamp, step }));
  }

  async #tell(
    api: MlflowApi,
    run: MlflowRun,
    item: TrackItem,
    { remember }: TrackerBatch,
  ): Promise<void> {
    switch (item.type) {
      case 'begin': {
        if (!item.isFirst) await api.updateRun(run.id, 'RUNNING', null);
        const tags = [
          { key: 'pipeline.fingerprint', value: item.fingerprint },
          { key: 'pipeline.run', value: item.run },
        ];
        // A parameter keeps its first value, though that of how far a stage goes may be raised.
        const hasParams = ['hasParams', 'isAdopted'].some((name) => this.#memory[name] === true);
        const params = hasParams ? [] : toMlflowEntries(item.params, '', LONGEST_PARAM);
        for (let at = 0; at === 0 || at < params.length; at += BATCH_LIMITS.params) {
          await api.logBatch(
            run.id,
            [],
            params.slice(at, at + BATCH_LIMITS.params),
            at === 0 ? tags : [],
          );
        }
        if (!hasParams) {
          this.#memory = { ...this.#memory, hasParams: true };
          remember(this.#memory);
        }
        return;
      }
      case 'summary': {
        const words = Object.entries(item.values).filter(([, value]) => typeof value !== 'number');
        const tags = toMlflowEntries(Object.fromEntries(words), 'summary/', LONGEST_TAG);
        if (tags.length > 0) await api.logBatch(run.id, [], [], tags.slice(0, BATCH_LIMITS.tags));
        return;
      }
      case 'graph':
        await this.#put(api, run, 'graph.json', Buffer.from(JSON.stringify(item.layers)));
        return;
      case 'file': {
        const bytes = readObject(this.#place.object(item.digest));
        if (bytes !== null) await this.#put(api, run, `${item.role}s/${item.file}`, bytes);
        return;
      }
      case 'end':
        await api.setTag(run.id, { key: 'pipeline.status', value: item.status });
        await api.updateRun(run.id, STATUSES[item.status], item.time);
        return;
      case 'metrics':
    }
  }

  /** Where artifacts go elsewhere than to the server, only its own clients can bring them there. */
  async #put(api: MlflowApi, run: MlflowRun, path: string, bytes: Uint8Array): Promise<void> {
    const [, folder] = /^mlflow-artifacts:(?:\/\/[^/]*)?\/(.*)$/.exec(run.artifacts) ?? [];
    if (folder !== undefined) await api.putArtifact(`${folder}/${path}`, '', bytes);
  }
}
