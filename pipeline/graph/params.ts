import type { Json, JsonObject } from '../job/contract.ts';
import { type Diagnostic, type Location, listNames, suggest } from '../spec/diagnostic.ts';
import { isJsonObject, type PipelineSpec } from '../spec/types.ts';

/** One `--set key=value` of the command line, its value parsed as YAML. */
export interface Setting {
  readonly key: string;
  readonly value: Json;
}

/**
 * The parameters of a profile: those of the file, then the profile's, then `--set`'s, then for a pilot
 * those of the profile's `pilot`. Only what `params` declares can be changed, and a value keeps its
 * type (null takes any).
 */
export function resolveParams(
  spec: PipelineSpec,
  profile: string,
  settings: readonly Setting[],
  isPilot: boolean,
): { params: JsonObject; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const names = dottedNames(spec.params);
  const merge = (
    base: JsonObject,
    changes: JsonObject,
    section: 'params' | 'pilot',
    path: readonly string[] = [],
  ): JsonObject => {
    const merged: Record<string, Json> = { ...base };
    for (const [key, value] of Object.entries(changes)) {
      const name = [...path, key].join('.');
      const location = spec.source.locateKey(['profiles', profile, section, ...path, key]);
      const before = Object.hasOwn(base, key) ? base[key] : undefined;
      if (before === undefined) {
        diagnostics.push(unknownParam(name, names, location));
      } else if (isJsonObject(before) && isJsonObject(value)) {
        merged[key] = merge(before, value, section, [...path, key]);
      } else {
        diagnostics.push(...checkType(name, before, value, location));
        merged[key] = value;
      }
    }
    return merged;
  };
  let params = merge(spec.params, spec.profiles[profile]?.params ?? {}, 'params');
  for (const { key, value } of settings) {
    const location = { file: `--set ${key}`, line: 1, column: 1 };
    const before = names.has(key) ? getParam(params, key) : undefined;
    if (before === undefined) diagnostics.push(unknownParam(key, names, location));
    else {
      const declared = getParam(spec.params, key) ?? null;
      diagnostics.push(...checkType(key, declared === null ? null : before, value, location));
      params = setParam(params, key.split('.'), value);
    }
  }
  // Merged in any case, so that a mistake in it is found before a pilot is asked for.
  const piloted = merge(params, spec.profiles[profile]?.pilot ?? {}, 'pilot');
  return { params: isPilot ? piloted : params, diagnostics };
}

/** All dotted names of a parameter tree, inner ones included. */
export function dottedNames(params: JsonObject, prefix = ''): Set<string> {
  const names = new Set<string>();
  for (const [key, value] of Object.entries(params)) {
    names.add(prefix + key);
    if (isJsonObject(value)) {
      for (const name of dottedNames(value, `${prefix}${key}.`)) names.add(name);
    }
  }
  return names;
}

/** The mistake of naming a parameter that `params` does not declare. */
export function unknownParam(
  name: string,
  names: ReadonlySet<string>,
  location: Location,
): Diagnostic {
  return {
    code: 'unknown-param',
    message: `unknown parameter "${name}"`,
    location,
    expected: `a parameter that \`params\` declares: ${listNames(names, 16)}`,
    ...suggest(name, names),
  };
}

function getParam(params: JsonObject, name: string): Json | undefined {
  return name
    .split('.')
    .reduce<Json | undefined>(
      (value, step) =>
        isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined,
      params,
    );
}

function setParam(params: JsonObject, path: readonly string[], value: Json): JsonObject {
  const [key, ...rest] = path;
  if (key === undefined) return params;
  const child = params[key];
  return {
    ...params,
    [key]: rest.length > 0 && isJsonObject(child) ? setParam(child, rest, value) : value,
  };
}

function checkType(name: string, before: Json, value: Json, location: Location): Diagnostic[] {
  if (before === null || value === null || kindOf(before) === kindOf(value)) return [];
  return [
    {
      code: 'wrong-type',
      message: `the parameter "${name}" is set to ${JSON.stringify(value)}, a ${kindOf(value)}`,
      location,
      expected: `a ${kindOf(before)}, such as ${JSON.stringify(before)}`,
    },
  ];
}

function kindOf(value: Json): string {
  return Array.isArray(value) ? 'list' : isJsonObject(value) ? 'mapping' : typeof value;
}
