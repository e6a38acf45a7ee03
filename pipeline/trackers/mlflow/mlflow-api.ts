/**
 * MLflow's REST API 2.0, as far as a run is told by it.
 * {@link https://mlflow.org/docs/latest/rest-api.html}
 * {@link https://github.com/mlflow/mlflow/blob/master/mlflow/protos/service.proto}
 * {@link https://github.com/mlflow/mlflow/blob/master/mlflow/protos/mlflow_artifacts.proto}
 */

import type { Json } from '../../contract/values.ts';
import { isJsonObject } from '../../pipeline-file/types.ts';
import type { HttpClient } from '../http-client.ts';
import { TrackerFault } from '../tracker.ts';

/** Of `runs/log-batch`: values in a request, of which so many parameters and so many tags. */
export const BATCH_LIMITS = { all: 1000, metrics: 1000, params: 100, tags: 100 } as const;
/** Values of a metric that a page of its history has. */
const PAGE = 10_000;

/** A value of a metric; `timestamp` in milliseconds since the epoch. */
export interface MlflowMetric {
  readonly key: string;
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/** A parameter or a tag. */
export interface MlflowEntry {
  readonly key: string;
  readonly value: string;
}

/** How a run stands. */
export type MlflowStatus = 'RUNNING' | 'FINISHED' | 'FAILED' | 'KILLED';

/** A run on the server. */
export interface MlflowRun {
  readonly id: string;
  /** Where its artifacts go, `mlflow-artifacts:/…` where the server takes them. */
  readonly artifacts: string;
}

/** The calls of the API, each one request, or more where answers have pages. */
export class MlflowApi {
  readonly #client: HttpClient;
  readonly signal: AbortSignal;

  constructor(client: HttpClient, signal: AbortSignal) {
    this.#client = client;
    this.signal = signal;
  }

  /** The id of an experiment by its name, which is made where there is none. @throws {TrackerFault} */
  async findExperiment(name: string): Promise<string> {
    const found = await this.#experimentByName(name);
    if (found !== null) return found;
    // Another process may make it in the same moment.
    const made = await this.#client.ask({
      method: 'POST',
      path: '/api/2.0/mlflow/experiments/create',
      json: { name },
      allowed: [400],
      signal: this.signal,
    });
    const { experiment_id: id } = made.json;
    if (typeof id === 'string') return id;
    return (await this.#experimentByName(name)) ?? refuse('experiments/create', made.json);
  }

  /** Makes a run that goes on. @throws {TrackerFault} */
  async createRun(
    experiment: string,
    name: string,
    startTime: number,
    tags: readonly MlflowEntry[],
  ): Promise<MlflowRun> {
    const { json } = await this.#post('runs/create', {
      experiment_id: experiment,
      run_name: name,
      start_time: startTime,
      tags: tags.map(({ key, value }) => ({ key, value })),
    });
    return readRun(json['run']) ?? refuse('runs/create', json);
  }

  /** A run that is there. @throws {TrackerFault} */
  async getRun(id: string): Promise<MlflowRun> {
    const { json } = await this.#get('runs/get', { run_id: id });
    return readRun(json['run']) ?? refuse('runs/get', json);
  }

  /** A run of an experiment by a tag; null where there is none. */
  async findRun(experiment: string, tag: MlflowEntry): Promise<MlflowRun | null> {
    const { json } = await this.#post('runs/search', {
      experiment_ids: [experiment],
      filter: `tags.\`${tag.key}\` = '${tag.value}'`,
      max_results: 1,
    });
    const { runs } = json;
    return Array.isArray(runs) ? readRun(runs[0]) : null;
  }

  async logBatch(
    run: string,
    metrics: readonly MlflowMetric[],
    params: readonly MlflowEntry[],
    tags: readonly MlflowEntry[],
  ): Promise<void> {
    await this.#post('runs/log-batch', {
      run_id: run,
      metrics: metrics.map((metric) => ({ ...metric })),
      params: params.map((param) => ({ ...param })),
      tags: tags.map((one) => ({ ...one })),
    });
  }

  async setTag(run: string, { key, value }: MlflowEntry): Promise<void> {
    await this.#post('runs/set-tag', { run_id: run, key, value });
  }

  /** Says how a run stands. @param endTime milliseconds since the epoch; null for one that goes on */
  async updateRun(run: string, status: MlflowStatus, endTime: number | null): Promise<void> {
    const end = endTime === null ? {} : { end_time: endTime };
    await this.#post('runs/update', { run_id: run, status, ...end });
  }

  /** The steps that a run has of a metric. */
  async listSteps(run: string, metric: string): Promise<number[]> {
    const steps: number[] = [];
    for (let token = ''; ; ) {
      const page: Record<string, string> = token === '' ? {} : { page_token: token };
      const query = { run_id: run, metric_key: metric, max_results: String(PAGE), ...page };
      const { json } = await this.#get('metrics/get-history', query);
      const { metrics, next_page_token: next } = json;
      // Whole numbers of 64 bits are texts in protobuf's JSON.
      for (const one of Array.isArray(metrics) ? metrics : []) {
        if (isJsonObject(one)) steps.push(Number(one['step'] ?? 0));
      }
      if (typeof next !== 'string' || next === '') return steps;
      token = next;
    }
  }

  /** Puts a file where the server takes artifacts itself. @param folder as `artifact_uri` has it, behind the scheme */
  async putArtifact(folder: string, name: string, bytes: Uint8Array): Promise<void> {
    const path = [...folder.split('/'), name].filter((step) => step !== '').map(encodeURIComponent);
    await this.#client.ask({
      method: 'PUT',
      path: `/api/2.0/mlflow-artifacts/artifacts/${path.join('/')}`,
      body: bytes,
      signal: this.signal,
    });
  }

  async #experimentByName(name: string): Promise<string | null> {
    const { status, json } = await this.#client.ask({
      method: 'GET',
      path: '/api/2.0/mlflow/experiments/get-by-name',
      query: { experiment_name: name },
      allowed: [404],
      signal: this.signal,
    });
    if (status === 404) return null;
    const { experiment } = json;
    const id = isJsonObject(experiment) ? experiment['experiment_id'] : undefined;
    return typeof id === 'string' ? id : null;
  }

  #post(call: string, json: Readonly<Record<string, Json>>) {
    return this.#client.ask({
      method: 'POST',
      path: `/api/2.0/mlflow/${call}`,
      json,
      signal: this.signal,
    });
  }

  #get(call: string, query: Readonly<Record<string, string>>) {
    return this.#client.ask({
      method: 'GET',
      path: `/api/2.0/mlflow/${call}`,
      query,
      signal: this.signal,
    });
  }
}

function readRun(value: Json | undefined): MlflowRun | null {
  const info = isJsonObject(value) ? value['info'] : undefined;
  if (!isJsonObject(info)) return null;
  const { run_id: id, artifact_uri: artifacts } = info;
  if (typeof id !== 'string') return null;
  return { id, artifacts: typeof artifacts === 'string' ? artifacts : '' };
}

function refuse(call: string, answer: Json): never {
  const message = `${call} gave no answer that MLflow's API has: ${JSON.stringify(answer).slice(0, 200)}`;
  throw new TrackerFault('refused', message, { isCertain: false });
}
