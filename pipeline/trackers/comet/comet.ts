/** The tracker `comet`: an experiment of Comet for each experiment. The API takes one value a request. */

import type { Json } from '../../contract/values.ts';
import type { HttpClient } from '../http-client.ts';
import type { TrackItem } from '../item.ts';
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
import { CometApi } from './comet-api.ts';

/** Items taken before their count is written down. */
const MOST = 100;
/** Letters of a mark that names have. */
const MARK = 8;

/** Where in Comet experiments go. */
export interface CometPlace {
  readonly workspace: string;
  readonly project: string;
  /** Metrics that are not told, by what stands before the slash in their names: each value takes a request. */
  readonly skip: readonly string[];
}

/** Opens the tracker. */
export function openComet(client: HttpClient, target: CometPlace): Tracker {
  return {
    name: 'comet',
    open: (place, memory) => new RemoteExperiment(client, target, place, memory),
  };
}

/** An experiment on the server. */
class RemoteExperiment implements TrackedExperiment {
  readonly most = MOST;
  readonly #client: HttpClient;
  readonly #target: CometPlace;
  readonly #place: ExperimentPlace;
  #memory: TrackerMemory;
  readonly #known: KnownSteps;
  /** Calls of the item that is next which were done. */
  #done = 0;

  constructor(
    client: HttpClient,
    target: CometPlace,
    place: ExperimentPlace,
    memory: TrackerMemory | null,
  ) {
    this.#client = client;
    this.#target = target;
    this.#place = place;
    this.#memory = memory ?? {};
    this.#known = new KnownSteps(this.#memory['isAdopted'] === true);
  }

  async take(batch: TrackerBatch): Promise<void> {
    const api = new CometApi(this.#client, batch.signal);
    const key = await this.#findKey(api, batch);
    this.#known.begin(batch);
    const assets = batch.isRepeated ? new Set(await api.listAssets(key)) : new Set<string>();
    for (const [index, item] of batch.items.entries()) {
      if (item.type === 'metrics') await this.#logMetrics(api, key, item);
      else await this.#tell(this.#listCalls(api, key, item, assets));
      batch.acknowledge(index + 1);
    }
    this.#known.end();
  }

  /** Does the calls of an item that no earlier try has done, which matters where a server takes few at a time. */
  async #tell(calls: readonly (() => Promise<void>)[]): Promise<void> {
    for (; this.#done < calls.length; this.#done += 1) await calls[this.#done]?.();
    this.#done = 0;
  }

  /** Makes the experiment, unless it is there. */
  async #findKey(api: CometApi, batch: TrackerBatch): Promise<string> {
    const { key: known } = this.#memory;
    if (typeof known === 'string') return known;
    const { workspace, project } = this.#target;
    // Names are all that the server is asked for, and the same work elsewhere has the same but for the mark.
    const name = `${this.#place.name}-${this.#place.mark.slice(0, MARK)}`;
    const key =
      (batch.isRepeated ? await api.find(workspace, project, name) : null) ??
      (await api.create(workspace, project, name));
    this.#memory = { ...this.#memory, key };
    batch.remember(this.#memory);
    return key;
  }

  async #logMetrics(
    api: CometApi,
    key: string,
    item: Extract<TrackItem, { type: 'metrics' }>,
  ): Promise<void> {
    const { step, time: timestamp } = item;
    // Whole epochs only, as Comet keeps them.
    const epoch = Number.isSafeInteger(item.epoch) ? item.epoch : null;
    const told = Object.fromEntries(
      Object.entries(item.values).filter(([name]) => !this.#skips(name)),
    );
    const values = await this.#known.lacking(step, told, (name) => api.listSteps(key, name));
    for (const [index, [metric, value]] of Object.entries(values).entries()) {
      const log = () => api.logMetric(key, { name: metric, value, step, epoch, timestamp });
      await this.#known.sending([{ metric, step }], () => (index === 0 ? log() : tellFurther(log)));
    }
  }

  #skips(metric: string): boolean {
    const [kind = '', ...rest] = metric.split('/');
    return rest.length > 0 && this.#target.skip.includes(kind);
  }

  /** The calls that tell of an item. None of them does harm when it is done twice. */
  #listCalls(
    api: CometApi,
    key: string,
    item: Exclude<TrackItem, { type: 'metrics' }>,
    assets: ReadonlySet<string>,
  ): (() => Promise<void>)[] {
    const other = (name: string, value: Json) => () => api.logOther(key, name, toText(value));
    switch (item.type) {
      case 'begin':
        return [
          () => api.setActive(key),
          ...(item.isFirst ? [() => api.addTags(key, [item.stage, item.profile])] : []),
          ...Object.entries(item.params).map(
            ([name, value]) =>
              () =>
                api.logParameter(key, name, toText(value)),
          ),
          other('pipeline.node', item.node),
          other('pipeline.fingerprint', item.fingerprint),
        ];
      case 'summary':
        return Object.entries(item.values).map(([name, value]) => other(name, value));
      case 'graph':
        return [() => api.setGraph(key, JSON.stringify(item.layers))];
      case 'file': {
        // Longer work has others, at another step.
        const fileName = `${item.step}/${item.file}`;
        if (assets.has(fileName)) return [];
        const bytes = readObject(this.#place.object(item.digest));
        const asset = { fileName, type: item.role, step: item.step };
        return bytes === null ? [] : [() => api.uploadAsset(key, { ...asset, bytes })];
      }
      case 'end':
        return [other('pipeline.status', item.status), () => api.stop(key)];
    }
  }
}

function toText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
