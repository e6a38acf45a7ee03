/** Tells which step of an installation is being done, and for how long. */

/**
 * Does one step. On a terminal its line counts the seconds and ends with how long it took; elsewhere
 * the line is printed once, before the step.
 *
 * @param hint how long it may take, for people
 */
export async function takeStep<T>(text: string, hint: string, work: () => Promise<T>): Promise<T> {
  const { stdout } = process;
  if (!stdout.isTTY) {
    stdout.write(`${text} (${hint})\n`);
    return work();
  }
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  const show = (end: string) => stdout.write(`\r\x1b[2K${text} (${end}`);
  show(`${hint})`);
  const timer = setInterval(() => show(`${hint}): ${seconds()} s`), 1000);
  try {
    const result = await work();
    show(`${seconds()} s)\n`);
    return result;
  } catch (error) {
    stdout.write('\n');
    throw error;
  } finally {
    clearInterval(timer);
  }
}
