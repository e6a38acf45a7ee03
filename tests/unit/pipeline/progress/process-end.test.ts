import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('live-program.ts', import.meta.url));

/** Runs a process that shows the live view and then ends in the given way. */
async function runProgram(ending: string, signal?: NodeJS.Signals) {
  const child = spawn(process.execPath, ['--import', 'tsx', program, ending], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (signal !== undefined && !output.includes('train/a') && text.includes('train/a')) {
      child.kill(signal);
    }
    output += text;
  });
  child.stderr.resume();
  const [code, endedBy] = await once(child, 'close');
  return { output, code, endedBy };
}

describe('the live view of a process that ends unexpectedly', () => {
  it.each(['throw', 'exit'])('gives the cursor back after %s', async (ending) => {
    const { output, code } = await runProgram(ending);
    expect(output).toContain('\u001B[?25l');
    expect(output.endsWith('\u001B[?25h')).toBe(true);
    expect(code).toBe(ending === 'exit' ? 3 : 1);
  });

  it('gives the cursor back on a signal and still dies of it', async () => {
    const { output, endedBy } = await runProgram('wait', 'SIGTERM');
    expect(output.endsWith('\u001B[?25h')).toBe(true);
    expect(endedBy).toBe('SIGTERM');
  });

  it('leaves a signal to those who handle it', async () => {
    const { output, code } = await runProgram('handle', 'SIGTERM');
    expect(output).toContain('Interrupted by SIGTERM, stopping');
    expect(output.endsWith('\u001B[?25h')).toBe(true);
    expect(code).toBe(130);
  });

  it('does not keep a process alive that has nothing left to do', async () => {
    const { code } = await runProgram('return');
    expect(code).toBe(0);
  });
});
