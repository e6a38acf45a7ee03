/**
 * Parameters and axes as they are declared: names that could not be read, values that wait to be
 * filled in.
 */

import type { Json, JsonObject } from '../contract/values.ts';
import type { Diagnostic } from '../pipeline-file/diagnostic.ts';
import { isJsonObject, type PipelineSpec } from '../pipeline-file/types.ts';
import { dottedNames } from './params.ts';

/** Names that `{{ }}` has without a parameter, and what they stand for. */
const RESERVED: Readonly<Record<string, string>> = {
  name: 'the name of the cell',
  profile: 'the name of the profile',
  inputs: "the stage's inputs",
  outputs: "the stage's outputs",
};

/**
 * Names of parameters and axes that could not be read: those that `{{ }}` has for something else, and
 * those with a dot, which separates the levels of nested parameters.
 */
export function checkParamNames(spec: PipelineSpec): Diagnostic[] {
  const params = Object.keys(spec.params).flatMap((name) =>
    checkReserved(spec, name, 'parameter', ['params', name]),
  );
  const axes = Object.values(spec.stages).flatMap(({ name: stage, matrix }) =>
    matrix === null || 'like' in matrix
      ? []
      : Object.keys(matrix.axes).flatMap((axis) =>
          checkReserved(spec, axis, 'axis', ['stages', stage, 'matrix', axis]),
        ),
  );
  return [...params, ...axes, ...findDottedKeys(spec, spec.params, [])];
}

/** Values that name parameters as if those were filled in there: they would stay as they are. */
export function checkParamValues(spec: PipelineSpec): Diagnostic[] {
  const known = dottedNames(spec.params);
  const check = (value: Json, path: readonly (string | number)[]): Diagnostic[] => {
    if (Array.isArray(value))
      return (value as Json[]).flatMap((one, i) => check(one, [...path, i]));
    if (isJsonObject(value)) {
      return Object.entries(value).flatMap(([key, one]) => check(one, [...path, key]));
    }
    if (typeof value !== 'string') return [];
    const named = [...value.matchAll(/\{\{\s*([A-Za-z_][\w.]*)[^{}]*\}\}/g)];
    const [found, name = ''] = named.find(([, one = '']) => known.has(one)) ?? [];
    if (found === undefined) return [];
    return [
      {
        code: 'wrong-value',
        message: `"${found}" in a value would be left as it is`,
        location: spec.source.locate(path),
        expected: 'a value of its own: variables are filled in where values are used',
        hint: `put {{ ${name} }} and the rest of it together there, in the command or path`,
      },
    ];
  };
  return [
    ...check(spec.params, ['params']),
    ...Object.entries(spec.profiles).flatMap(([name, { params, pilot }]) => [
      ...check(params, ['profiles', name, 'params']),
      ...check(pilot ?? {}, ['profiles', name, 'pilot']),
    ]),
    ...Object.values(spec.stages).flatMap(({ name, matrix }) =>
      matrix === null || 'like' in matrix
        ? []
        : Object.entries(matrix.axes).flatMap(([axis, values]) =>
            check(values as Json, ['stages', name, 'matrix', axis]),
          ),
    ),
  ];
}

function checkReserved(
  spec: PipelineSpec,
  name: string,
  what: 'parameter' | 'axis',
  path: readonly string[],
): Diagnostic[] {
  const meaning = Object.hasOwn(RESERVED, name) ? RESERVED[name] : undefined;
  if (meaning === undefined) return [];
  return [
    {
      code: 'reserved-name',
      message: `"${name}" cannot be the name of ${what === 'axis' ? 'an axis' : 'a parameter'}: {{ ${name} }} is ${meaning}`,
      location: spec.source.locateKey(path),
      expected: `another name than ${Object.keys(RESERVED).join(', ')}`,
      hint: `call it "run_${name}", say, wherever it is used`,
    },
  ];
}

function findDottedKeys(
  spec: PipelineSpec,
  params: JsonObject,
  path: readonly string[],
): Diagnostic[] {
  return Object.entries(params).flatMap(([key, value]) => {
    const at = [...path, key];
    if (key.includes('.') || key === '') {
      const mistake: Diagnostic = {
        code: 'reserved-name',
        message: `"${at.join('.')}" cannot be the name of a parameter: a dot separates the levels of nested ones`,
        location: spec.source.locateKey(['params', ...at]),
        expected: 'a name without dots, or a mapping in a mapping',
        hint: `write ${key.split('.').join(': { ')}: …${' }'.repeat(key.split('.').length - 1)}`,
      };
      return [mistake];
    }
    return isJsonObject(value) ? findDottedKeys(spec, value, at) : [];
  });
}
