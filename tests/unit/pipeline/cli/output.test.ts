import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { fitText, type Output } from '../../../../pipeline/cli/output.ts';

function openTerminal(columns: number): Output {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns });
  return { print: () => {}, complain: () => {}, stream, fault: () => null };
}

it('breaks what is said of a mistake on a narrow terminal, and leaves its caret below its place', () => {
  const text = [
    'pipeline.yaml:12:34: the stage "training" does not exist',
    '  12 |     inputs: { model: { from: training, output: model } }',
    '     |                              ^',
    '  fix: did you mean "train"?',
  ].join('\n');
  expect(fitText(text, openTerminal(40)).split('\n')).toEqual([
    'pipeline.yaml:12:34: the stage',
    '  "training" does not exist',
    '  12 |     inputs: { model: { from: training, output: model } }',
    '     |                              ^',
    '  fix: did you mean "train"?',
  ]);
  expect(fitText(text, openTerminal(80))).toBe(text);
});
