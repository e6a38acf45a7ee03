/** The way to a stream: text that is dropped when nobody reads, and never throws. */

/** A stream of text, and the terminal's size in cells where it is one. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly columns?: number;
  readonly rows?: number;
}

/**
 * A function that writes text to a stream and never throws. Once the reader has gone (a closed
 * pipe, a lost terminal) text is dropped: a run is worth finishing without an audience.
 */
export function openOutput(stream: OutputStream): (text: string) => void {
  let lost = false;
  stream.on('error', () => {
    lost = true;
  });
  return (text) => {
    if (lost) return;
    try {
      stream.write(text);
    } catch {
      lost = true;
    }
  };
}

/** An output whose writes are gathered where they come thick. */
export interface GatheredOutput {
  readonly write: (text: string) => void;
  /** Writes what is still held back. */
  readonly flush: () => void;
}

/** So many writes a turn of the event loop go out as they come. */
const singleWrites = 64;
/** Gathered text goes out when it is as long as this, or with the turn. */
const gatheredLength = 1 << 16;

/**
 * A function that writes many short lines to a stream and never throws: ten thousand nodes that are up to date are told of in one
 * turn of the event loop, and a call of the system for each takes longer than finding out.
 */
export function openGatheredOutput(stream: OutputStream): GatheredOutput {
  const write = openOutput(stream);
  let count = 0;
  let gathered = '';
  function flush(): void {
    const text = gathered;
    gathered = '';
    if (text !== '') write(text);
  }
  return {
    write(text) {
      if (count === 0) {
        setImmediate(() => {
          count = 0;
          flush();
        });
      }
      count += 1;
      if (count <= singleWrites) write(text);
      else gathered += text;
      if (gathered.length >= gatheredLength) flush();
    },
    flush,
  };
}
