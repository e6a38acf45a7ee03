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
