/**
 * Comet's REST API v2, as far as an experiment is told by it.
 * {@link https://www.comet.com/docs/v2/api-and-sdk/rest-api/write-endpoints/}
 * {@link https://www.comet.com/docs/v2/api-and-sdk/rest-api/read-endpoints/}
 */

import type { Json, JsonObject } from '../../contract/values.ts';
import { isJsonObject } from '../../pipeline-file/types.ts';
import type { HttpClient } from '../http-client.ts';
import { TrackerFault } from '../tracker.ts';

const BASE = '/api/rest/v2';

/** A value of a metric; `timestamp` in milliseconds since the epoch. */
export interface CometMetric {
  readonly name: string;
  readonly value: number;
  readonly step: number;
  readonly epoch: number | null;
  readonly timestamp: number;
}

/** A file beside an experiment. */
export interface CometAsset {
  readonly fileName: string;
  readonly type: 'image' | 'asset';
  readonly step: number;
  readonly bytes: Uint8Array;
}

/** The calls of the API, each one request. */
export class CometApi {
  readonly #client: HttpClient;
  readonly #signal: AbortSignal;

  constructor(client: HttpClient, signal: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
  }

  /** Makes an experiment. @returns its key @throws {TrackerFault} */
  async create(
    workspaceName: string,
    projectName: string,
    experimentName: string,
  ): Promise<string> {
    const json = await this.#post('create', { workspaceName, projectName, experimentName });
    const { experimentKey } = json;
    if (typeof experimentKey === 'string') return experimentKey;
    throw new TrackerFault('refused', 'Comet has made an experiment without a key', {
      isCertain: false,
    });
  }

  /** The key of an experiment by its name; null where a project has none. */
  async find(workspaceName: string, projectName: string, name: string): Promise<string | null> {
    const { experiments } = await this.#get(
      '/experiments',
      { workspaceName, projectName },
      [400, 404],
    );
    for (const one of Array.isArray(experiments) ? experiments : []) {
      if (!isJsonObject(one) || one['experimentName'] !== name) continue;
      if (typeof one['experimentKey'] === 'string') return one['experimentKey'];
    }
    return null;
  }

  /** The steps that an experiment has of a metric. */
  async listSteps(experimentKey: string, metricName: string): Promise<number[]> {
    const path = '/experiment/metrics/get-metric';
    const { metrics } = await this.#get(path, { experimentKey, metricName }, [400, 404]);
    return (Array.isArray(metrics) ? metrics : []).flatMap((one) =>
      isJsonObject(one) && one['step'] != null ? [Number(one['step'])] : [],
    );
  }

  /** The names of an experiment's assets. */
  async listAssets(experimentKey: string): Promise<string[]> {
    const query = { experimentKey, type: 'all' };
    const { assets } = await this.#get('/experiment/asset/list', query, [400, 404]);
    return (Array.isArray(assets) ? assets : []).flatMap((one) =>
      isJsonObject(one) && typeof one['fileName'] === 'string' ? [one['fileName']] : [],
    );
  }

  async logMetric(experimentKey: string, metric: CometMetric): Promise<void> {
    const { name, value, step, epoch, timestamp } = metric;
    await this.#post('metric', {
      experimentKey,
      metricName: name,
      metricValue: value,
      step,
      ...(epoch === null ? {} : { epoch }),
      timestamp,
    });
  }

  async logParameter(experimentKey: string, name: string, value: string): Promise<void> {
    await this.#post('parameter', { experimentKey, parameterName: name, parameterValue: value });
  }

  async logOther(experimentKey: string, key: string, value: string): Promise<void> {
    await this.#post('log-other', { experimentKey, key, value });
  }

  async addTags(experimentKey: string, addedTags: readonly string[]): Promise<void> {
    await this.#post('tags', { experimentKey, addedTags });
  }

  async setGraph(experimentKey: string, graph: string): Promise<void> {
    await this.#post('graph', { experimentKey, graph });
  }

  async uploadAsset(experimentKey: string, asset: CometAsset): Promise<void> {
    const { fileName, type, step, bytes } = asset;
    const form = new FormData();
    form.append('file', new Blob([Uint8Array.from(bytes)]), fileName);
    await this.#client.ask({
      method: 'POST',
      path: `${BASE}/write/experiment/upload-asset`,
      query: { experimentKey, fileName, type, step: String(step) },
      body: form,
      signal: this.#signal,
    });
  }

  /** Says that the experiment goes on. */
  async setActive(experimentKey: string): Promise<void> {
    await this.#get('/write/experiment/set-status', { experimentKey }, []);
  }

  /** Ends it. */
  async stop(experimentKey: string): Promise<void> {
    await this.#get('/write/experiment/stop', { experimentKey }, []);
  }

  async #post(call: string, json: Readonly<Record<string, Json>>): Promise<JsonObject> {
    const path = `${BASE}/write/experiment/${call}`;
    return (await this.#client.ask({ method: 'POST', path, json, signal: this.#signal })).json;
  }

  async #get(
    path: string,
    query: Readonly<Record<string, string>>,
    allowed: readonly number[],
  ): Promise<JsonObject> {
    const request = { method: 'GET', path: `${BASE}${path}`, query, allowed } as const;
    return (await this.#client.ask({ ...request, signal: this.#signal })).json;
  }
}
