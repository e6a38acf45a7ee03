/** Reads JSON files that come from outside and checks them against a schema. */

import { readFile } from 'node:fs/promises';
import { Ajv, type SchemaObject, type ValidateFunction } from 'ajv';
import { fail } from './failure.ts';

const ajv = new Ajv({ allErrors: true, verbose: true });

/** Compiles the JSON Schema of `T`; whoever writes the schema vouches that it describes `T`. */
export function compileSchema<T>(schema: SchemaObject): ValidateFunction<T> {
  return ajv.compile<T>(schema);
}

/** Reads a JSON file. Fails, listing every difference, where it does not follow the schema. */
export async function readJson<T>(path: string, validate: ValidateFunction<T>): Promise<T> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    fail(`cannot read ${path}: ${error.message}`),
  );
  const value = parse(path, text);
  if (validate(value)) return value;
  const problems = (validate.errors ?? []).map((error) => {
    const place = error.instancePath === '' ? 'the file' : error.instancePath;
    return `  ${place} ${error.message ?? 'is wrong'}, found ${JSON.stringify(error.data)}`;
  });
  return fail(`${path} is not what it should be:\n${problems.join('\n')}`);
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail(`${path} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
