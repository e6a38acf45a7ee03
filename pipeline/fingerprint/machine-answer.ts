/** What a probe of a workspace answers, checked. */

import type { MachineAnswer } from '../contract/machine.ts';

/**
 * An answer about the machine.
 *
 * @throws Error that says what of it is wrong
 */
export function readMachineAnswer(value: unknown): Required<MachineAnswer> {
  const answer: Readonly<Record<string, unknown>> = isObject(value) ? value : {};
  const { facts, files, variables, isKept = true } = answer;
  if (!isObject(facts) || !Object.values(facts).every((one) => typeof one === 'string')) {
    throw new Error(`its probe must give facts, texts by name, and gave ${JSON.stringify(facts)}`);
  }
  if (typeof isKept !== 'boolean') {
    throw new Error(
      `its probe must give isKept, true or false, if any, and gave ${JSON.stringify(isKept)}`,
    );
  }
  return {
    facts: facts as MachineAnswer['facts'],
    files: readTexts('files', files),
    variables: readTexts('variables', variables),
    isKept,
  };
}

function readTexts(name: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  throw new Error(
    `its probe must give ${name}, a list of texts, and gave ${JSON.stringify(value)}`,
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
