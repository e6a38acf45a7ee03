/** Reads evaluations as rows of a table. */

import type { ValidateFunction } from 'ajv';
import { fail } from '../data/failure.ts';
import { compileSchema, formatErrors } from '../data/json.ts';
import { EVALUATION_FIELDS, type Evaluation } from '../recorded/evaluation.ts';
import { schemaOf, schemasOf } from '../recorded/fields.ts';
import { SOLUTION_FIELDS } from '../recorded/solution.ts';
import type { Row } from './select.ts';

/** What every publication has recorded, those of earlier versions too. */
const REQUIRED = [
  ...(['experiment', 'model', 'corruption', 'p', 'seed', 'dataset', 'train', 'test'] as const),
  ...(['reached', 'step', 'epoch', 'test_error'] as const),
] satisfies readonly (keyof Evaluation)[];

const validate = compileSchema<Row>({
  type: 'object',
  properties: schemasOf(EVALUATION_FIELDS),
  required: REQUIRED,
  additionalProperties: {
    anyOf: ['string', 'number', 'boolean', 'null'].map((type) => ({ type })),
  },
});

const validateSolution = compileSchema<Row>(schemaOf(SOLUTION_FIELDS));

/**
 * Parses JSON lines, one an experiment. Fails, naming the line, where one is no evaluation.
 *
 * @param file its name, for messages
 */
export function parseRows(file: string, text: string): readonly Row[] {
  return parseLines(file, text, validate, 'evaluation');
}

/**
 * Parses the JSON lines of the stage `least-norm`. Fails, naming the line, where one is no
 * solution.
 *
 * @param file its name, for messages
 */
export function parseSolutions(file: string, text: string): readonly Row[] {
  return parseLines(file, text, validateSolution, 'solution');
}

function parseLines(
  file: string,
  text: string,
  isRow: ValidateFunction<Row>,
  what: string,
): readonly Row[] {
  const lines = text.split('\n');
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    const value: unknown = parseLine(`${file}:${index + 1}`, line);
    if (isRow(value)) return value;
    return fail(`${file}:${index + 1} is no ${what}:\n${formatErrors(isRow)}`);
  });
}

function parseLine(place: string, line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return fail(`${place}: expected a JSON object, found '${line.slice(0, 60)}'`);
  }
}
