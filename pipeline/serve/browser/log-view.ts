/** The end of a log, as it grows. */

import { make } from './dom.ts';

/** So often it is looked at, and so many lines of it are kept. */
const PAUSE_MS = 800;
const MOST_LINES = 3000;
/** What terminals do with colours and cursors. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they begin with one
const ESCAPES = /\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07/g;

/** Shows a log until it is closed. */
export class LogView {
  readonly element = make('div', { class: 'log' });
  readonly #text = make('pre', { tabindex: 0, role: 'log', 'aria-label': 'log' });
  readonly #note = make('p', { class: 'soft' });
  readonly #address: string;
  readonly #goesOn: () => boolean;
  readonly #decoder = new TextDecoder();
  #from: string | null = null;
  #lines: string[] = [''];
  #isClosed = false;

  /**
   * @param address of the log, without the place
   * @param goesOn whether more may come
   */
  constructor(address: string, goesOn: () => boolean) {
    this.#address = address;
    this.#goesOn = goesOn;
    this.element.append(this.#note, this.#text);
    void this.#follow();
  }

  /** Looks no more. */
  close(): void {
    this.#isClosed = true;
  }

  async #follow(): Promise<void> {
    while (!this.#isClosed) {
      // Before the look: what comes until then is seen.
      const goesOn = this.#goesOn();
      const hasMore = await this.#look();
      if (hasMore) continue;
      if (!goesOn) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  /** @returns whether there is more by now */
  async #look(): Promise<boolean> {
    try {
      const from = this.#from === null ? '' : `&from=${this.#from}`;
      const answer = await fetch(`${this.#address}${from}`);
      if (!answer.ok) {
        this.#note.textContent = await answer.text();
        return false;
      }
      const isFirst = this.#from === null;
      this.#from = answer.headers.get('x-next');
      const skipped = Number(answer.headers.get('x-skipped'));
      if (isFirst && skipped > 0)
        this.#note.textContent = `the first ${skipped} bytes are not shown`;
      const bytes = await answer.arrayBuffer();
      if (bytes.byteLength > 0) this.#add(this.#decoder.decode(bytes, { stream: true }));
      else if (isFirst) this.#note.textContent = 'nothing has been printed';
      return answer.headers.get('x-more') === 'true';
    } catch {
      // The server is away for the moment.
      return false;
    }
  }

  #add(text: string): void {
    const isAtEnd = this.#text.scrollHeight - this.#text.scrollTop - this.#text.clientHeight < 40;
    const [first = '', ...rest] = text.replace(ESCAPES, '').split('\n');
    this.#lines[this.#lines.length - 1] += first;
    this.#lines.push(...rest);
    this.#lines = this.#lines.slice(-MOST_LINES).map(afterReturn);
    this.#text.textContent = this.#lines.join('\n');
    if (isAtEnd) this.#text.scrollTop = this.#text.scrollHeight;
  }
}

/** What a terminal shows of a line that was written over. */
function afterReturn(line: string): string {
  const end = line.endsWith('\r') ? line.length - 1 : line.length;
  const start = line.lastIndexOf('\r', end - 1);
  return start < 0 ? line : line.slice(start + 1);
}
