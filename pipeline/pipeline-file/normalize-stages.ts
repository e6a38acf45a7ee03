/** Last step of reading: stages as the schema lets them pass → stages with defaults filled in. */

import { parseDuration } from './duration.ts';
import { readMemory } from './memory.ts';
import { normalizeSlurmJob, type RawSlurmJob } from './normalize-slurm.ts';
import type {
  CellFilter,
  EstimateSpec,
  GpuCase,
  InputSpec,
  MachineCase,
  MatrixSpec,
  MemoryCase,
  OutputSpec,
  ProcessUse,
  RetrySpec,
  StageAction,
  StageResources,
  StageSpec,
} from './types.ts';

/** A stage in the shape that the schema guarantees, before defaults are filled in. */
export interface RawStage {
  description?: string;
  profiles?: string[];
  module?: string;
  command?: string;
  template?: string;
  code?: string | string[];
  matrix?: Record<string, unknown>;
  name?: string;
  params?: string[];
  extends?: string;
  env?: string[];
  machine?: RawMachine | RawMachine[];
  needs?: string[];
  inputs?: 'auto' | Record<string, RawInput | true>;
  outputs: Record<string, string | RawOutput>;
  resources?: {
    cpus?: number | RawCpus;
    memory?: string | RawMemory[];
    gpus?: number | RawGpus | RawGpus[];
  };
  process?: ProcessUse;
  executor?: 'local';
  slurm?: RawSlurmJob;
  timeout?: string;
  retries?: number | { attempts: number; backoff?: string };
  estimate?: string | { module: string };
}
type RawOutput = { path: string; volatile?: boolean; metrics?: boolean; mutable?: string[] };
type RawCpus = { least?: number; most: number | 'all' };
type RawMemory = string | { amount: string; when: CellFilter };
type RawMachine = string | { module: string; when: CellFilter };
type RawGpus = { count: number; when: CellFilter };
type RawInput =
  | string
  | {
      from: string | string[];
      output: string;
      where?: CellFilter[];
      as?: 'file' | 'params';
      provenance?: boolean;
    };

/**
 * The stages of a file that the schema has let pass, with defaults filled in.
 *
 * @throws Error for a stage that the schema would not let pass
 */
export function normalizeStages(raw: Record<string, RawStage>): Record<string, StageSpec> {
  return makeDictionary(
    Object.entries(raw).map(([name, stage]) => [name, normalizeStage(name, stage)]),
  );
}

/**
 * One stage that the schema has let pass, with defaults filled in.
 *
 * @throws Error for one that the schema would not let pass
 */
export function normalizeStage(name: string, raw: RawStage): StageSpec {
  return {
    name,
    description: raw.description ?? '',
    profiles: raw.profiles ?? null,
    action: normalizeAction(raw),
    code: [raw.code ?? []].flat(),
    matrix: raw.matrix === undefined ? null : normalizeMatrix(raw.matrix),
    cellName: raw.name ?? null,
    params: raw.params ?? [],
    extends: raw.extends ?? null,
    env: raw.env ?? [],
    machine: listMachineCases(raw.machine),
    needs: raw.needs ?? [],
    ...normalizeInputs(raw.inputs ?? {}),
    outputs: mapValues(raw.outputs, normalizeOutput),
    resources: normalizeResources(raw.resources ?? {}),
    memoryCases: normalizeMemoryCases(raw.resources?.memory),
    process: raw.process ?? 'reused',
    isLocal: raw.executor === 'local',
    slurm: normalizeSlurmJob(raw.slurm ?? {}),
    gpuCases: listGpuCases(raw.resources?.gpus),
    timeoutSeconds: raw.timeout === undefined ? null : parseDuration(raw.timeout),
    retries: normalizeRetries(raw.retries ?? 0),
    estimate: raw.estimate === undefined ? null : normalizeEstimate(raw.estimate),
  };
}

function normalizeAction(raw: RawStage): StageAction {
  if (raw.module !== undefined) return { kind: 'module', module: raw.module };
  if (raw.command !== undefined) return { kind: 'command', command: raw.command };
  if (raw.template !== undefined) return { kind: 'template', template: raw.template };
  throw new Error(`the schema let a stage pass that runs nothing: ${JSON.stringify(raw)}`);
}

function normalizeMatrix(raw: Record<string, unknown>): MatrixSpec | { like: string } {
  if (typeof raw['like'] === 'string') return { like: raw['like'] };
  const { include, exclude, ...axes } = raw;
  return {
    axes: axes as MatrixSpec['axes'],
    include: (include as MatrixSpec['include'] | undefined) ?? [],
    exclude: (exclude as MatrixSpec['exclude'] | undefined) ?? [],
  };
}

function normalizeInputs(
  raw: NonNullable<RawStage['inputs']>,
): Pick<StageSpec, 'inputs' | 'findsInputs'> {
  if (raw === 'auto') return { inputs: makeDictionary([]), findsInputs: true };
  const declared = Object.entries(raw).flatMap(([name, input]) =>
    input === true ? [] : [[name, normalizeInput(input)] as const],
  );
  return { inputs: makeDictionary(declared), findsInputs: raw['auto'] === true };
}

function normalizeInput(raw: RawInput): InputSpec {
  if (typeof raw === 'string') return { kind: 'file', path: raw };
  return {
    kind: 'stage',
    from: [raw.from].flat(),
    output: raw.output,
    where: raw.where ?? [],
    as: raw.as ?? 'file',
    provenance: raw.provenance ?? false,
  };
}

function normalizeOutput(raw: string | RawOutput): OutputSpec {
  const {
    path,
    volatile = false,
    metrics = false,
    mutable = [],
  } = typeof raw === 'string' ? { path: raw } : raw;
  return { path, volatile, metrics, mutable };
}

function normalizeResources(raw: NonNullable<RawStage['resources']>): StageResources {
  const { least = 1, most } =
    typeof raw.cpus === 'object' ? raw.cpus : { least: raw.cpus, most: raw.cpus ?? 1 };
  return {
    cpus: least,
    mostCpus: most === 'all' ? null : most,
    memoryBytes: typeof raw.memory === 'string' ? readMemory(raw.memory) : 0,
    gpus:
      typeof raw.gpus === 'object'
        ? Math.max(...listGpuCases(raw.gpus).map(({ count }) => count))
        : (raw.gpus ?? 0),
  };
}

function listGpuCases(raw: number | RawGpus | RawGpus[] | undefined): readonly GpuCase[] {
  if (typeof raw !== 'object') return [];
  return Array.isArray(raw)
    ? raw.map((one, place) => ({ ...one, place }))
    : [{ ...raw, place: null }];
}

function listMachineCases(raw: RawStage['machine']): readonly MachineCase[] {
  if (raw === undefined) return [];
  const isList = Array.isArray(raw);
  return [raw].flat().map((one, at) => ({
    ...(typeof one === 'string' ? { module: one, when: {} } : one),
    place: isList ? at : null,
  }));
}

function normalizeMemoryCases(raw: string | RawMemory[] | undefined): MemoryCase[] {
  if (raw === undefined || typeof raw === 'string') return [];
  return raw.map((one) =>
    typeof one === 'string'
      ? { bytes: readMemory(one), when: {} }
      : { bytes: readMemory(one.amount), when: one.when },
  );
}

const DEFAULT_BACKOFF = '1s';

function normalizeRetries(raw: NonNullable<RawStage['retries']>): RetrySpec {
  const { attempts, backoff = DEFAULT_BACKOFF } = typeof raw === 'number' ? { attempts: raw } : raw;
  return { attempts, backoffSeconds: parseDuration(backoff) };
}

function normalizeEstimate(raw: string | { module: string }): EstimateSpec {
  return typeof raw === 'string'
    ? { kind: 'seconds', seconds: parseDuration(raw) }
    : { kind: 'module', module: raw.module };
}

function mapValues<A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return makeDictionary(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/** Without a prototype, so that a stage named `constructor` exists only where it is declared. */
export function makeDictionary<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, Object.fromEntries(entries));
}
