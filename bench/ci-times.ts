/** The times of CI: read from what `.ci/run` printed, kept in docs/ci-times.json, and quoted in README. */

/** What CI took. */
export interface CiTimes {
  /** Null where that is not on record. */
  readonly commit: string | null;
  /** The day, `2026-11-27`. */
  readonly date: string;
  readonly machine: { readonly processor: string | null; readonly cores: number };
  /** Seconds by what took them; those that were measured. */
  readonly seconds: Readonly<Partial<Record<TimedStep, number>>>;
}

/** What is timed, in the order in which it is quoted. */
export const TIMED_STEPS = ['npm ci', 'run figure1', 'run all', 'npm test', 'all of CI'] as const;
type TimedStep = (typeof TIMED_STEPS)[number];

const [BEGIN, END] = ['<!-- times of CI -->', '<!-- end of times -->'];

/**
 * The times in an output of `.ci/run`: those of the last line that has any.
 *
 * @throws Error where no line has
 */
export function readCiTimes(output: string): CiTimes {
  const line = output.split('\n').findLast((one) => one.includes('{"ciTimes":'));
  if (line === undefined)
    throw new Error('no line of this output has the times of CI; did it pass?');
  const { ciTimes } = JSON.parse(line.slice(line.indexOf('{"ciTimes":'))) as { ciTimes: CiTimes };
  return ciTimes;
}

/** README with the times that it is to quote. @throws Error where it has no place for them */
export function quoteCiTimes(readme: string, times: CiTimes): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from === -1 || to < from) throw new Error(`README has no ${BEGIN} … ${END}`);
  return `${readme.slice(0, from)}${BEGIN}\n${wordCiTimes(times)}\n${readme.slice(to)}`;
}

/** `On CI’s 2 cores (2026-11-27): npm ci 12 s, …`, as Markdown. */
function wordCiTimes({ date, machine, seconds }: CiTimes): string {
  const steps = TIMED_STEPS.flatMap((step) => {
    const time = seconds[step];
    if (time === undefined) return [];
    return [`${step === 'all of CI' ? step : `\`${step}\``} ${wordTime(time)}`];
  });
  return `On CI's ${machine.cores} cores ([${date}](docs/ci-times.json)): ${steps.join(', ')}.`;
}

function wordTime(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const rest = whole < 600 && whole % 60 > 0 ? ` ${whole % 60} s` : '';
  return `${rest === '' ? Math.round(whole / 60) : Math.floor(whole / 60)} min${rest}`;
}
