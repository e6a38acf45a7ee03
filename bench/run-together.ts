/** Runs a benchmark in several processes that measure at the same time. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { StageFailure } from '../experiment/data/failure.ts';

/** A benchmark that understands `--gate` and prints one JSON line. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** What both benchmarks print, as far as it is compared. */
export interface MeasuredLine {
  readonly images_per_s: number;
  readonly rss_mb: number;
}

interface Started {
  readonly child: ChildProcess;
  /** Fulfilled when the process waits at its gate. */
  readonly ready: Promise<void>;
  readonly line: Promise<MeasuredLine>;
}

/**
 * Starts the program so many times, waits until every process is warm, and lets them measure at
 * once. Returns the line that each has printed. Fails where one cannot be started or ends badly,
 * after the others were stopped.
 */
export async function runTogether(program: Program, count: number): Promise<MeasuredLine[]> {
  const started = Array.from({ length: count }, () => start(program));
  const lines = Promise.all(started.map(({ line }) => line));
  try {
    await Promise.race([Promise.all(started.map(({ ready }) => ready)), lines]);
    for (const { child } of started) child.stdin?.write('\n');
    return await lines;
  } finally {
    for (const { child } of started) child.kill();
    await Promise.allSettled(started.map(({ line }) => line));
  }
}

function start({ command, args }: Program): Started {
  const child = spawn(command, [...args, '--gate'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let last = '';
  const ready = new Promise<void>((resolve) => {
    createInterface({ input: child.stdout }).on('line', (text) => {
      if (text === 'ready') resolve();
      else last = text;
    });
  });
  const line = new Promise<MeasuredLine>((resolve, reject) => {
    const describe = `${command} ${args.join(' ')}`;
    child.on('error', ({ message }) =>
      reject(new StageFailure(`cannot start ${command}: ${message}`)),
    );
    child.on('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(last) as MeasuredLine);
      else reject(new StageFailure(`${describe} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
  return { child, ready, line };
}
