/** Checks values that come from outside, JSON files and parameters, against a schema. */

import { readFile } from 'node:fs/promises';
import { Ajv, type SchemaObject, type ValidateFunction } from 'ajv';
import { fail } from './failure.ts';

const ajv = new Ajv({ allErrors: true, verbose: true });

/** Compiles the JSON Schema of `T`; whoever writes the schema vouches that it describes `T`. */
export function compileSchema<T>(schema: SchemaObject): ValidateFunction<T> {
  return ajv.compile<T>(schema);
}

/** What the last check of `validate` found wrong: a line each, with place, expected and found. */
export function formatErrors(validate: ValidateFunction): string {
  return (validate.errors ?? [])
    .map(({ instancePath, message, params, data }) => {
      const place = instancePath === '' ? 'it' : instancePath.slice(1).replaceAll('/', '.');
      const allowed = Array.isArray(params['allowedValues'])
        ? `: ${params['allowedValues'].join(', ')}`
        : '';
      const found =
        typeof data === 'object' && data !== null ? '' : `; found ${JSON.stringify(data)}`;
      return `  ${place} ${message ?? 'is wrong'}${allowed}${found}`;
    })
    .join('\n');
}

/** Reads a JSON file. Fails, listing every difference, where it does not follow the schema. */
export async function readJson<T>(path: string, validate: ValidateFunction<T>): Promise<T> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    fail(`cannot read ${path}: ${error.message}`),
  );
  const value = parse(path, text);
  if (validate(value)) return value;
  return fail(`${path} does not hold what it should:\n${formatErrors(validate)}`);
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
