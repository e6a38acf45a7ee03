import { Ajv, type ValidateFunction } from 'ajv';
import type { JsonObject } from '../job/contract.ts';
import type { Diagnostic } from './diagnostic.ts';
import { parseDuration } from './duration.ts';
import schema from './pipeline.schema.json' with { type: 'json' };
import { describeSchemaErrors, describeValue, pointerToPath } from './schema-diagnostics.ts';
import type {
  CellFilter,
  InputSpec,
  MatrixSpec,
  OutputSpec,
  PipelineSpec,
  Resources,
  RetrySpec,
  StageAction,
  StageSpec,
} from './types.ts';
import { parseYamlSource } from './yaml-source.ts';

/** What could be made of a `pipeline.yaml`, and everything that is wrong with it so far. */
export interface LoadedSpec {
  /** The spec without its faulty stages; null where not even that could be read. */
  readonly spec: PipelineSpec | null;
  /** Names of stages that were left out, so that references to them are no second mistake. */
  readonly faultyStages: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

/** The shapes that the schema guarantees, before defaults are filled in. */
interface RawFile {
  default_profile?: string;
  params?: JsonObject;
  profiles?: Record<string, RawProfile | null>;
  stages: Record<string, RawStage>;
  commands?: Record<string, { description?: string; module: string }>;
  targets?: Record<string, string[]>;
}
interface RawProfile {
  description?: string;
  params?: JsonObject;
  pilot?: JsonObject;
}
interface RawStage {
  description?: string;
  profiles?: string[];
  module?: string;
  command?: string;
  template?: string;
  matrix?: Record<string, unknown>;
  name?: string;
  params?: string[];
  extends?: string;
  env?: string[];
  needs?: string[];
  inputs?: Record<string, RawInput>;
  outputs: Record<string, string | { path: string; volatile?: boolean; mutable?: string[] }>;
  resources?: { cpus?: number; memory?: string; gpus?: number | RawGpus };
  timeout?: string;
  retries?: number | { attempts: number; backoff?: string };
}
type RawGpus = { count: number; when: CellFilter };
type RawInput =
  | string
  | { from: string | string[]; output: string; where?: CellFilter[]; as?: 'file' | 'params' };

let validator: ValidateFunction | undefined;

/**
 * Reads the text of a `pipeline.yaml`: YAML, then the JSON Schema, then defaults. Mistakes are
 * collected, never thrown; a stage with a mistake is left out so that the rest can be checked on.
 */
export function loadSpec(file: string, text: string): LoadedSpec {
  const { source, diagnostics } = parseYamlSource(file, text);
  if (diagnostics.length > 0) return { spec: null, faultyStages: new Set(), diagnostics };
  validator ??= new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile(schema);
  const valid = validator(source.value);
  const errors = valid ? [] : (validator.errors ?? []);
  const found = describeSchemaErrors(errors, source);
  const faultyStages = new Set<string>();
  const faultySections = new Set<string>();
  for (const error of errors) {
    const [section, name] = pointerToPath(error.instancePath);
    if (section === 'stages' && name !== undefined) faultyStages.add(name);
    else if (error.keyword !== 'additionalProperties') faultySections.add(section ?? '');
  }
  const raw = source.value as RawFile;
  if (faultySections.has('') || faultySections.has('stages') || typeof raw !== 'object') {
    return { spec: null, faultyStages, diagnostics: found };
  }
  const usable = <T>(section: keyof RawFile, value: T | undefined, fallback: T): T =>
    faultySections.has(section) || value === undefined ? fallback : value;
  const stages = Object.entries(raw.stages).filter(([name]) => !faultyStages.has(name));
  const profiles = Object.entries(usable('profiles', raw.profiles, {}) ?? {});
  const spec: PipelineSpec = {
    source,
    defaultProfile:
      usable('default_profile', raw.default_profile, undefined) ?? profiles[0]?.[0] ?? 'default',
    params: usable('params', raw.params, {}),
    profiles: makeRecord(
      (profiles.length > 0 ? profiles : ([['default', {}]] as typeof profiles)).map(
        ([name, profile]) => [
          name,
          {
            description: profile?.description ?? '',
            params: profile?.params ?? {},
            pilot: profile?.pilot ?? null,
          },
        ],
      ),
    ),
    stages: makeRecord(stages.map(([name, stage]) => [name, normalizeStage(name, stage)])),
    commands: makeRecord(
      Object.entries(usable('commands', raw.commands, {})).map(([name, command]) => [
        name,
        { description: command.description ?? '', module: command.module },
      ]),
    ),
    targets: makeRecord(Object.entries(usable('targets', raw.targets, {}))),
  };
  return { spec, faultyStages, diagnostics: found };
}

function normalizeStage(name: string, raw: RawStage): StageSpec {
  return {
    name,
    description: raw.description ?? '',
    profiles: raw.profiles ?? null,
    action: normalizeAction(raw),
    matrix: raw.matrix === undefined ? null : normalizeMatrix(raw.matrix),
    cellName: raw.name ?? null,
    params: raw.params ?? [],
    extends: raw.extends ?? null,
    env: raw.env ?? [],
    needs: raw.needs ?? [],
    inputs: mapValues(raw.inputs ?? {}, normalizeInput),
    outputs: mapValues(raw.outputs, normalizeOutput),
    resources: normalizeResources(raw.resources ?? {}),
    timeoutSeconds: raw.timeout === undefined ? null : parseDuration(raw.timeout),
    retries: normalizeRetries(raw.retries ?? 0),
    gpusWhen: typeof raw.resources?.gpus === 'object' ? raw.resources.gpus.when : {},
  };
}

function normalizeAction(raw: RawStage): StageAction {
  if (raw.module !== undefined) return { kind: 'module', module: raw.module };
  if (raw.command !== undefined) return { kind: 'command', command: raw.command };
  if (raw.template !== undefined) return { kind: 'template', template: raw.template };
  throw new Error(`the schema let a stage pass that runs nothing: ${describeValue(raw)}`);
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

function normalizeInput(raw: RawInput): InputSpec {
  if (typeof raw === 'string') return { kind: 'file', path: raw };
  return {
    kind: 'stage',
    from: [raw.from].flat(),
    output: raw.output,
    where: raw.where ?? [],
    as: raw.as ?? 'file',
  };
}

function normalizeOutput(raw: RawStage['outputs'][string]): OutputSpec {
  return typeof raw === 'string'
    ? { path: raw, volatile: false, mutable: [] }
    : { path: raw.path, volatile: raw.volatile ?? false, mutable: raw.mutable ?? [] };
}

const MEMORY_UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9, TB: 1e12 };

function normalizeResources(raw: NonNullable<RawStage['resources']>): Resources {
  const memory = raw.memory ?? '0MB';
  const unit = MEMORY_UNITS[memory.slice(-2)] ?? 0;
  return {
    cpus: raw.cpus ?? 1,
    memoryBytes: Math.round(Number(memory.slice(0, -2)) * unit),
    gpus: typeof raw.gpus === 'object' ? raw.gpus.count : (raw.gpus ?? 0),
  };
}

const DEFAULT_BACKOFF = '1s';

function normalizeRetries(raw: NonNullable<RawStage['retries']>): RetrySpec {
  const { attempts, backoff = DEFAULT_BACKOFF } = typeof raw === 'number' ? { attempts: raw } : raw;
  return { attempts, backoffSeconds: parseDuration(backoff) };
}

function mapValues<A, B>(record: Record<string, A>, map: (value: A) => B): Record<string, B> {
  return makeRecord(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

/** Without a prototype, so that a stage named `constructor` exists only where it is declared. */
function makeRecord<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  return Object.assign(Object.create(null) as Record<string, T>, Object.fromEntries(entries));
}
