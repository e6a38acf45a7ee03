/** What ajv found → mistakes in the words and at the place of the file. */

import type { ErrorObject } from 'ajv';
import { type Diagnostic, listNames, suggest } from './diagnostic.ts';
import { findKeysBesideStages } from './keys-beside-stages.ts';
import {
  ACTIONS,
  describeActions,
  describeGpus,
  describePattern,
  describeType,
  findMeantKey,
  hintAtKey,
  isPathKey,
} from './schema-hints.ts';
import type { YamlPath, YamlSource } from './yaml-source.ts';

/** Says what ajv found in the words and at the place of the file that the user edits. */
export function describeSchemaErrors(
  errors: readonly ErrorObject[],
  source: YamlSource,
): Diagnostic[] {
  const misnamed = errors.filter((error) => findMeantKey(error, source) !== undefined);
  const meant = new Set(
    misnamed.map((error) => `${error.instancePath}/${findMeantKey(error, source)}`),
  );
  for (const { instancePath } of errors.filter(isPathKey)) {
    meant.add(`${instancePath}/from`).add(`${instancePath}/output`);
  }
  const mistyped = new Set(
    errors.filter(({ keyword }) => keyword === 'type').map(({ instancePath }) => instancePath),
  );
  const { diagnostics, told } = findKeysBesideStages(errors, source);
  const left = errors.filter((error) => {
    const [section, name] = pointerToPath(error.instancePath);
    return (
      !isConsequence(error, mistyped, meant) && !(section === 'stages' && told.has(name ?? ''))
    );
  });
  return [...diagnostics, ...left.map((error) => describe(error, source))];
}

/**
 * `if`, `propertyNames` and the branches of `oneOf` repeat, less precisely, what another error says; a
 * value of the wrong type can have nothing else right, and a key of another name is missing under its own.
 */
function isConsequence(
  { keyword, schemaPath, instancePath, params }: ErrorObject,
  mistyped: ReadonlySet<string>,
  meant: ReadonlySet<string>,
): boolean {
  if (['if', 'propertyNames'].includes(keyword) || /\/oneOf\/\d+\//.test(schemaPath)) return true;
  if (keyword !== 'type' && mistyped.has(instancePath)) return true;
  const missing = (params as { missingProperty?: string }).missingProperty;
  if (missing !== undefined) return meant.has(`${instancePath}/${missing}`);
  return keyword === 'oneOf' && ACTIONS.some((action) => meant.has(`${instancePath}/${action}`));
}

function describe(error: ErrorObject, source: YamlSource): Diagnostic {
  const path = pointerToPath(error.instancePath);
  const where = path.length === 0 ? 'at the top level' : `in ${formatPath(path)}`;
  const location = source.locate(path);
  const params = error.params as Readonly<Record<string, unknown>>;
  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(params['additionalProperty']);
      const known = Object.keys(
        (error.parentSchema as { properties?: Record<string, unknown> }).properties ?? {},
      );
      return {
        code: 'unknown-key',
        message: `unknown key "${key}" ${where}`,
        location: source.locateKey([...path, key]),
        expected: `one of ${listNames(known, 20)}`,
        ...hintAtKey(error, key, source),
      };
    }
    case 'required':
      return {
        code: 'missing-key',
        message: `the key "${String(params['missingProperty'])}" is missing ${where}`,
        location: source.locateKey(path),
        expected: `${formatPath([...path, String(params['missingProperty'])])} to be set`,
        ...(params['missingProperty'] === 'version' ? { hint: 'write version: 1' } : {}),
      };
    case 'type':
      return {
        code: 'wrong-type',
        message: `${formatPath(path)} is ${describeValue(error.data)}`,
        location,
        expected: `${withArticle(params['type'])}`,
        ...describeType(error, path),
      };
    case 'oneOf':
      return {
        code: 'missing-key',
        message: `${formatPath(path)} must say what it runs, in exactly one way${describeActions(error.data)}`,
        location: source.locateKey(path),
        expected: 'one of the keys module, command or template',
      };
    case 'maxProperties':
      return {
        code: 'wrong-value',
        message: `${formatPath(path)} has "like" beside other keys`,
        location: source.locateKey([...path, 'like']),
        expected: '"like" alone, which takes all cells of a stage, or axes of its own',
      };
    case 'enum':
    case 'const': {
      const allowed = (params['allowedValues'] as unknown[] | undefined) ?? [
        params['allowedValue'],
      ];
      const names = allowed.map(String);
      return {
        code: 'wrong-value',
        message: `${formatPath(path)} is ${describeValue(error.data)}`,
        location,
        expected: listNames(names),
        ...(names.includes(String(error.data))
          ? { hint: `write ${String(error.data)} without quotes` }
          : suggestText(error.data, names)),
      };
    }
    case 'pattern': {
      const { propertyName } = error;
      const rule = describePattern(String(params['pattern']), String(propertyName ?? error.data));
      return propertyName === undefined
        ? {
            code: 'wrong-value',
            message: `${formatPath(path)} is ${describeValue(error.data)}`,
            location,
            ...rule,
          }
        : {
            code: 'wrong-value',
            message: `"${propertyName}" cannot be a name ${where}`,
            location: source.locateKey([...path, propertyName]),
            ...rule,
          };
    }
    case 'minItems':
    case 'minProperties':
    case 'minLength':
      return {
        code: 'wrong-value',
        message: `${formatPath(path)} is empty`,
        location,
        expected: `at least ${String(params['limit'])} ${UNITS[error.keyword]}`,
      };
    case 'minimum':
    case 'maximum':
      return {
        code: 'wrong-value',
        message: `${formatPath(path)} is ${describeValue(error.data)}`,
        location,
        expected: `a number ${error.keyword === 'minimum' ? 'from' : 'up to'} ${String(params['limit'])}`,
        ...describeGpus(error, path),
      };
    default:
      return {
        code: 'wrong-value',
        message: `${formatPath(path)} ${error.message ?? 'is not valid'}`,
        location,
        expected: `${error.keyword} ${JSON.stringify(error.schema)}`,
      };
  }
}

const UNITS: Readonly<Record<string, string>> = {
  minItems: 'element',
  minProperties: 'key',
  minLength: 'character',
};

/** `/stages/a~1b/params/0` → ['stages', 'a/b', 'params', '0'] (RFC 6901). */
export function pointerToPath(pointer: string): string[] {
  if (pointer === '') return [];
  return pointer
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** A path as a person writes it: `stages.train.outputs`. */
function formatPath(path: YamlPath): string {
  return path.length === 0 ? 'the file' : path.join('.');
}

/** What a value is, for "found …" in a message. */
function describeValue(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  return `the ${typeof value} ${JSON.stringify(value)}`;
}

function suggestText(data: unknown, names: readonly string[]): { hint?: string } {
  return typeof data === 'string' ? suggest(data, names) : {};
}

function withArticle(type: unknown): string {
  const names: Record<string, string> = {
    object: 'a mapping (key: value)',
    array: 'a list',
    string: 'a text',
    integer: 'a whole number',
    number: 'a number',
    boolean: 'true or false',
  };
  return listNames([type].flat().map((name) => names[String(name)] ?? String(name)));
}
