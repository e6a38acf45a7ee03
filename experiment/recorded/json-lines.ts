/** Reads JSON Lines files, whose lines are checked against a schema as they are taken. */

import { readFile } from 'node:fs/promises';
import type { ValidateFunction } from 'ajv';
import type { JobInput } from 'rederive/contract';
import { fail } from '../data/failure.ts';
import { formatErrors } from '../data/json.ts';

/** One line of a file, parsed but not yet checked. */
export interface JsonLine {
  /** File and line, for messages. */
  readonly place: string;
  readonly value: unknown;
}

/** Reads the lines of an input. Fails where it cannot be read, is empty, or a line is not JSON. */
export async function readJsonLines(input: JobInput): Promise<readonly JsonLine[]> {
  const text = await readFile(input.path, 'utf8').catch((error: NodeJS.ErrnoException) =>
    fail(`cannot read ${input.path}: ${error.message}`),
  );
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  if (lines.length === 0) {
    fail(`${input.path}: expected JSON lines, found an empty file; ${suggestRerun(input)}`);
  }
  return lines.map((line, index) => {
    const place = `${input.path}:${index + 1}`;
    try {
      return { place, value: JSON.parse(line) };
    } catch {
      const found = line.length > 60 ? `${line.slice(0, 60)}…` : line;
      return fail(`${place}: expected a JSON object, found '${found}'; ${suggestRerun(input)}`);
    }
  });
}

/** Returns the line's value, which is then a `T`. Fails, listing every difference, where not. */
export function checkLine<T>(input: JobInput, line: JsonLine, validate: ValidateFunction<T>): T {
  if (validate(line.value)) return line.value;
  return fail(
    `${line.place} does not hold what it should:\n${formatErrors(validate)}\n${suggestRerun(input)}`,
  );
}

/** What to do about an input whose content is wrong. */
export function suggestRerun(input: JobInput): string {
  return `run ${input.node === undefined ? 'the stage that writes it' : input.node} again`;
}
