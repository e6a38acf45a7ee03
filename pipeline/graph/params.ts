/** `params`, profile, `--set` and pilot → the parameters of this command. */

import { isDeepStrictEqual } from 'node:util';
import type { Json, JsonObject } from '../contract/values.ts';
import {
  type Diagnostic,
  type Location,
  listNames,
  locateArgument,
  suggest,
} from '../pipeline-file/diagnostic.ts';
import { isJsonObject, type PipelineSpec } from '../pipeline-file/types.ts';
import { readSetting, type Setting } from './read-setting.ts';

/** The parameters of a profile, and those that other profiles would give. */
export interface ResolvedParams {
  readonly params: JsonObject;
  /** The parameters of the file, of each profile and of each pilot: what a value may be elsewhere. */
  readonly variants: readonly JsonObject[];
  /** Where the value of a parameter, by its dotted name, comes from. */
  readonly locate: (name: string) => Location;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The parameters of a profile: those of the file, then the profile's, then `--set`'s, then for a pilot
 * those of the profile's `pilot`. Only what `params` declares can be changed, mappings key by key, and
 * a value keeps its kind (null takes any). All profiles are checked, not only the one that is asked for.
 */
export function resolveParams(
  spec: PipelineSpec,
  profile: string,
  settings: readonly Setting[],
  isPilot: boolean,
): ResolvedParams {
  const merger = new Merger(spec.params);
  const variants = [spec.params];
  let params = spec.params;
  let overrides: readonly string[] = [];
  for (const [name, { params: changes, pilot }] of Object.entries(spec.profiles)) {
    const locate =
      (section: 'params' | 'pilot') =>
      (path: readonly string[]): Location =>
        spec.source.locateKey(['profiles', name, section, ...path]);
    let merged = merger.merge(spec.params, changes, locate('params'));
    variants.push(merged);
    if (name === profile) {
      const own = merged;
      for (const setting of settings) merged = merger.set(merged, setting);
      params = merged;
      overrides = listOverrides(own, merged, settings);
    }
    // Merged in any case, so that a mistake in it is found before a pilot is asked for.
    const piloted = merger.merge(merged, pilot ?? {}, locate('pilot'));
    variants.push(piloted);
    if (name === profile && isPilot) params = piloted;
  }
  const locate = (name: string) => locateParam(spec, profile, settings, isPilot, name);
  // A parameter that is called so goes before.
  params = { overrides, ...params };
  return { params, variants, locate, diagnostics: merger.diagnostics };
}

/** What `--set` changes in the parameters of the profile, `name=value`, by name. */
function listOverrides(
  own: JsonObject,
  changed: JsonObject,
  settings: readonly Setting[],
): readonly string[] {
  const names = [...new Set(settings.map(({ key }) => key))].sort();
  return names.flatMap((name) => {
    const path = name.split('.');
    const [before, after] = [own, changed].map((params) => getParam(params, path));
    if (after === undefined || isDeepStrictEqual(before, after)) return [];
    return [`${name}=${typeof after === 'string' ? after : JSON.stringify(after)}`];
  });
}

/** Where a parameter was set last: by the pilot, by `--set`, by the profile or in `params`. */
function locateParam(
  spec: PipelineSpec,
  profile: string,
  settings: readonly Setting[],
  isPilot: boolean,
  name: string,
): Location {
  const path = name.split('.');
  const own = spec.profiles[profile];
  if (isPilot && getParam(own?.pilot ?? {}, path) !== undefined) {
    return spec.source.locate(['profiles', profile, 'pilot', ...path]);
  }
  const setting = settings.findLast(({ key }) => name === key || name.startsWith(`${key}.`));
  if (setting !== undefined) return locateArgument(`--set ${setting.key}`);
  return getParam(own?.params ?? {}, path) === undefined
    ? spec.source.locate(['params', ...path])
    : spec.source.locate(['profiles', profile, 'params', ...path]);
}

/** Puts changes over parameters; collects those that `params` does not allow. */
class Merger {
  readonly #declared: JsonObject;
  readonly #names: ReadonlySet<string>;
  readonly diagnostics: Diagnostic[] = [];

  constructor(declared: JsonObject) {
    this.#declared = declared;
    this.#names = dottedNames(declared);
  }

  merge(
    base: JsonObject,
    changes: JsonObject,
    locate: (path: readonly string[]) => Location,
    path: readonly string[] = [],
  ): JsonObject {
    const merged: Record<string, Json> = { ...base };
    for (const [key, value] of Object.entries(changes)) {
      const at = [...path, key];
      const name = at.join('.');
      const before = Object.hasOwn(base, key) ? base[key] : undefined;
      if (before === undefined) {
        this.diagnostics.push(unknownParam(name, this.#names, locate(at)));
      } else if (isJsonObject(before) && isJsonObject(value)) {
        merged[key] = this.merge(before, value, locate, at);
      } else {
        const declared = getParam(this.#declared, at) ?? null;
        const wrong = checkKind(name, declared, value, locate(at));
        this.diagnostics.push(...wrong);
        // What is wrong already is no second mistake wherever it is used.
        if (wrong.length === 0) merged[key] = value;
      }
    }
    return merged;
  }

  set(params: JsonObject, setting: Setting): JsonObject {
    const location = locateArgument(`--set ${setting.key}`);
    const path = setting.key.split('.');
    const declared = this.#names.has(setting.key) ? getParam(this.#declared, path) : undefined;
    if (declared === undefined) {
      this.diagnostics.push(unknownParam(setting.key, this.#names, location));
      return params;
    }
    const read = readSetting(setting, declared);
    if (!read.ok) {
      const { message, expected, hint } = read;
      const help = hint === undefined ? {} : { hint };
      this.diagnostics.push({ code: 'wrong-type', message, location, expected, ...help });
      if (declared !== null) return params;
    }
    // For null a text, so that the one mistake is not followed by another.
    const set = read.ok ? read.value : setting.text;
    const change = path.reduceRight<Json>((value, key) => ({ [key]: value }), set);
    return this.merge(params, change as JsonObject, () => location);
  }
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
    ...suggestParam(name, names),
  };
}

/** A name that may be meant: one alike, or a nested one whose last part it is. */
export function suggestParam(name: string, names: ReadonlySet<string>): { hint?: string } {
  const nested = [...names].filter((one) => one.endsWith(`.${name}`));
  const [only] = nested;
  return only !== undefined && nested.length === 1
    ? { hint: `did you mean "${only}"?` }
    : suggest(name, names);
}

function getParam(params: JsonObject, path: readonly string[]): Json | undefined {
  return path.reduce<Json | undefined>(
    (value, step) => (isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined),
    params,
  );
}

function checkKind(name: string, declared: Json, value: Json, location: Location): Diagnostic[] {
  if (declared === null || value === null || kindOf(declared) === kindOf(value)) return [];
  const wantsText = typeof declared === 'string' && typeof value !== 'object';
  return [
    {
      code: 'wrong-type',
      message: `the parameter "${name}" is set to ${JSON.stringify(value)}, a ${kindOf(value)}`,
      location,
      expected: `a ${kindOf(declared)}, such as ${JSON.stringify(declared)}`,
      ...(wantsText ? { hint: `put it in quotes: "${String(value)}"` } : {}),
    },
  ];
}

function kindOf(value: Json): string {
  return Array.isArray(value) ? 'list' : isJsonObject(value) ? 'mapping' : typeof value;
}
