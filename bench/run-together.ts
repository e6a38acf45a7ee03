/** Keeps benchmarks open in processes of their own and lets several of them measure at the same time. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { StageFailure } from '../experiment/data/failure.ts';

/** A benchmark that understands `--gate`: warm, it prints "ready", then a JSON line a line of input. */
export interface Program {
  readonly command: string;
  readonly args: readonly string[];
}

/** What all benchmarks print, as far as it is compared. */
export interface MeasuredLine {
  readonly images_per_s: number;
  readonly rss_mb: number;
  /** PyTorch's version; absent where it is not PyTorch that was measured. */
  readonly torch?: string;
}

/** Processes of one program, warm and asleep. */
export interface Team {
  /** Lets all measure at once; the line that each has printed. Fails where one ends instead. */
  readonly measure: () => Promise<MeasuredLine[]>;
  /** Ends all of them and waits until they are gone. */
  readonly close: () => Promise<void>;
}

/**
 * Starts the program so many times and waits until every process is warm.
 *
 * @throws StageFailure where one cannot be started or ends, after the others were stopped
 */
export async function openTogether(program: Program, count: number): Promise<Team> {
  const members = Array.from({ length: count }, () => new Member(program));
  const close = async () => {
    await Promise.all(members.map((member) => member.end()));
  };
  try {
    await Promise.all(members.map((member) => member.nextLine()));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    measure: async () => {
      const lines = await Promise.all(members.map((member) => member.ask()));
      return lines.map((line): MeasuredLine => JSON.parse(line));
    },
    close,
  };
}

/** One process: answers each line of input with one of output. */
class Member {
  readonly #child: ChildProcess;
  readonly #gone: Promise<void>;
  #settle: ((answer: string | StageFailure) => void) | null = null;
  #failure: StageFailure | null = null;

  constructor({ command, args }: Program) {
    const child = spawn(command, [...args, '--gate'], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (text) => this.#answer(text));
    // A process that has ended takes no input; its end is told by 'close'.
    child.stdin.on('error', () => {});
    this.#gone = new Promise((resolve) => {
      child.on('error', ({ message }) => {
        this.#answer(new StageFailure(`cannot start ${command}: ${message}`));
        resolve();
      });
      child.on('close', (code, signal) => {
        const how = signal ?? `exit code ${code}`;
        this.#answer(new StageFailure(`${command} ${args.join(' ')} ended with ${how}`));
        resolve();
      });
    });
  }

  /** The next line that it prints. Fails where it ends before. */
  nextLine(): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) return reject(this.#failure);
      this.#settle = (answer) =>
        answer instanceof StageFailure ? reject(answer) : resolve(answer);
    });
  }

  /** Lets it measure once; the line that it prints. */
  ask(): Promise<string> {
    const line = this.nextLine();
    this.#child.stdin?.write('\n');
    return line;
  }

  async end(): Promise<void> {
    this.#child.kill();
    await this.#gone;
  }

  #answer(answer: string | StageFailure): void {
    if (answer instanceof StageFailure) this.#failure ??= answer;
    const settle = this.#settle;
    this.#settle = null;
    settle?.(answer);
  }
}
