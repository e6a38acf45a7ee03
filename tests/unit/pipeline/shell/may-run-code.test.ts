import { describe, expect, it } from 'vitest';
import { mayRunCode } from '../../../../pipeline/shell/may-run-code.ts';

describe('mayRunCode', () => {
  it.each([
    'cp {{ inputs.source }} {{ outputs.copy }}',
    'sort {{ inputs.sh }} > {{ outputs.node }}',
    'wc -l {{inputs.R}}\n  cut -f 1 {{ inputs.julia }}',
  ])('is told by no name of an input or output that a program is given: %s', (command) => {
    expect(mayRunCode(command)).toBe(false);
  });

  it.each([
    'python {{ inputs.source }}',
    'bash {{ inputs.steps }}',
    'source {{ inputs.settings }}',
    '. {{ inputs.settings }}',
    'cat {{ inputs.source }} | sh',
    'cp {{ inputs.source }} a; ./tool',
    '{{ inputs.sh }} {{ outputs.copy }}',
    'true && {{ inputs.sh }}',
    'cat {{ inputs.list }}\n{{ inputs.sh }}',
    '{{ python }} train',
  ])('is seen where one runs code or is a program: %s', (command) => {
    expect(mayRunCode(command)).toBe(true);
  });
});
