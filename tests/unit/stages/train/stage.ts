/** Runs the stages train and evaluate as the pipeline does: on a job, in folders of their own. */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Dataset, writeDataset } from '../../../../experiment/data/dataset.ts';
import { formatArchitecture } from '../../../../experiment/models/architecture-file.ts';
import { findModel } from '../../../../experiment/models/registry.ts';
import type { ExperimentConfig } from '../../../../experiment/recorded/config.ts';
import type { StageContext, StageEvent } from '../../../../pipeline/contract/stage.ts';
import { $ } from '../../../fixtures/shell.ts';

/** A folder that is removed when the test ends. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'train-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

export interface TrainJob {
  readonly context: StageContext;
  readonly events: StageEvent[];
  readonly outputs: {
    readonly metrics: string;
    readonly threshold: string;
    readonly checkpoint: string;
    readonly timing: string;
  };
}

/** A job of the stage train; `scratch` and the data may be shared with another one. */
export async function trainJob(
  config: ExperimentConfig,
  places: { readonly data: string; readonly scratch: string },
  changes: Partial<StageContext> = {},
): Promise<TrainJob> {
  const folder = await temporaryFolder();
  await mkdir(places.scratch, { recursive: true });
  const outputs = {
    metrics: join(folder, 'metrics.jsonl'),
    threshold: join(folder, 'threshold.safetensors'),
    checkpoint: join(folder, 'checkpoint.safetensors'),
    timing: join(folder, 'timing.jsonl'),
  };
  const architecture = join(folder, 'architecture.json');
  await writeFile(architecture, formatArchitecture(findModel(config.model_name, config)));
  const events: StageEvent[] = [];
  const context: StageContext = {
    schema: 1,
    node: 'train/MLP1_0.0_none',
    cell: {},
    params: { config: { ...config }, engine: { name: 'onnx', device: 'cpu', layout: 'auto' } },
    inputs: {
      data: [{ cell: {}, path: places.data }],
      architecture: [{ cell: {}, path: architecture }],
    },
    outputs,
    previous: null,
    scratch: places.scratch,
    workspace: folder,
    cpus: 1,
    memory: null,
    gpus: 0,
    cpusNow: () => 1,
    offline: true,
    emit: (event) => events.push(event),
    signal: new AbortController().signal,
    $,
    ...changes,
  };
  return { context, events, outputs };
}

/** Writes the data set to a folder that is removed when the test ends, and names a scratch. */
export async function placesFor(dataset: Dataset): Promise<{ data: string; scratch: string }> {
  const folder = await temporaryFolder();
  await writeDataset(join(folder, 'data'), dataset);
  return { data: join(folder, 'data'), scratch: join(folder, 'scratch') };
}

/** The texts of the messages among these events. */
export function messagesOf(events: readonly StageEvent[]): string[] {
  return events.flatMap((event) => (event.type === 'message' ? [event.text] : []));
}
