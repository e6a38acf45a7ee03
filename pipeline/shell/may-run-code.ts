/** Whether a command may run code, told by a look: for most commands, without loading the grammar. */

/**
 * What no command without any of it can be running: only a look that spares the grammar. A program by its
 * path, a file of code by its ending, or a name that starts code.
 */
const MAY_RUN =
  /\/|python|pypy|torchrun|accelerate|deepspeed|coverage|streamlit|spark-submit|kernprof|scalene|viztracer|mprof|conda|mamba|\b(?:uv|poetry|pdm|pipenv|rye|hatch|pixi|node|tsx|ts-node|deno|bun|Rscript|R|julia|perl|ruby|php|octave|source|[a-z]*sh)\b|\.(?:py|sh|m?js|cjs|m?ts|R|r|jl|pl|rb|php|m)\b|(?:^|[\s;&|(])\.\s/;

/**
 * Inputs and outputs that come after a word of their line, so that they are not what is run. What they
 * are called says nothing: `cp {{ inputs.source }}` is no `source`.
 */
const GIVEN_FILES = /(?<=[^\s;&|(][ \t]+)\{\{\s*(?:inputs|outputs)\.[^{}]*\}\}/g;

/** Whether a command may run code of the workspace. */
export function mayRunCode(command: string): boolean {
  return MAY_RUN.test(command.replaceAll(GIVEN_FILES, ''));
}
