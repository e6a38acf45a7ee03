/** The phase as a whole: text of `pipeline.yaml` → `PipelineSpec` and mistakes. */

import type { ErrorObject } from 'ajv';
import type { JsonObject } from '../contract/values.ts';
import type { Diagnostic } from './diagnostic.ts';
import { normalizeSlurm, type RawSlurm } from './normalize-slurm.ts';
import { makeDictionary, normalizeStages, type RawStage } from './normalize-stages.ts';
import { normalizeTrackers, type RawTrackers } from './normalize-trackers.ts';
import { describeSchemaErrors, pointerToPath } from './schema-diagnostics.ts';
import type { CacheSpec, PipelineSpec } from './types.ts';
import { validateSchema } from './validate-schema.ts';
import { parseYamlSource } from './yaml-source.ts';

/** What could be made of a `pipeline.yaml`, and everything that is wrong with it so far. */
export interface LoadedSpec {
  /** The spec without its faulty stages; null where not even that could be read. */
  readonly spec: PipelineSpec | null;
  /** Names of stages that were left out, so that references to them are no second mistake. */
  readonly faultyStages: ReadonlySet<string>;
  readonly diagnostics: readonly Diagnostic[];
}

interface RawProfile {
  description?: string;
  params?: JsonObject;
  pilot?: JsonObject;
}
/** The shapes that the schema guarantees, before defaults are filled in. */
export interface RawFile {
  default_profile?: string;
  params?: JsonObject;
  ignore?: string[];
  explorations?: string;
  cache?: Partial<Omit<CacheSpec, 'remote'>> & { remote?: string };
  profiles?: Record<string, RawProfile | null>;
  trackers?: RawTrackers;
  slurm?: RawSlurm;
  stages: Record<string, RawStage>;
  commands?: Record<string, { description?: string; module: string; after?: string[] }>;
  targets?: Record<string, string[]>;
}
/**
 * Reads the text of a `pipeline.yaml`: YAML, then the JSON Schema, then defaults. Mistakes are
 * collected, never thrown; a stage with a mistake is left out so that the rest can be checked on.
 */
export function loadSpec(file: string, text: string): LoadedSpec {
  const { source, diagnostics } = parseYamlSource(file, text);
  if (diagnostics.length > 0) return { spec: null, faultyStages: new Set(), diagnostics };
  const errors: readonly ErrorObject[] = validateSchema(source.value)
    ? []
    : (validateSchema.errors ?? []);
  const found = describeSchemaErrors(errors, source);
  const faultyStages = new Set<string>();
  const faultySections = new Set<string>();
  for (const error of errors) {
    const [section, name] = pointerToPath(error.instancePath);
    if (section === 'stages' && name !== undefined) faultyStages.add(name);
    // Parameters with a name that is not allowed are parameters still: using one is no second mistake.
    else if (section === 'params' && error.propertyName !== undefined) continue;
    else if (!['additionalProperties', 'propertyNames'].includes(error.keyword)) {
      faultySections.add(section ?? '');
    }
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
    ignore: usable('ignore', raw.ignore, []),
    explorations: usable('explorations', raw.explorations, undefined) ?? null,
    cache: { remote: null, pull: true, push: false, ...usable('cache', raw.cache, {}) },
    profiles: makeDictionary(
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
    trackers: normalizeTrackers(usable('trackers', raw.trackers, {})),
    slurm: normalizeSlurm(usable('slurm', raw.slurm, {})),
    stages: normalizeStages(Object.fromEntries(stages)),
    commands: makeDictionary(
      Object.entries(usable('commands', raw.commands, {})).map(([name, command]) => [
        name,
        {
          description: command.description ?? '',
          module: command.module,
          after: command.after ?? [],
        },
      ]),
    ),
    targets: makeDictionary(Object.entries(usable('targets', raw.targets, {}))),
  };
  return { spec, faultyStages, diagnostics: found };
}
