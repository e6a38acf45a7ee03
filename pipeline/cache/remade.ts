/** What programs make again by themselves, and so is never worth keeping. */

/** What programs make again by themselves whenever they come by. */
const REMADE = new Set(['__pycache__', '.DS_Store', 'Thumbs.db', 'desktop.ini']);

/**
 * The index of a git repository or of a submodule. Commands that only look (`git status`, `git describe
 * --dirty`) write the times of the files into it; what somebody adds to it is an object beside it too.
 */
const GIT_INDEX = /(?:^|\/)\.git\/(?:modules\/.+\/)?index$/;

/**
 * Whether programs write a file again that only use what is beside it, so that another content of it
 * says nothing: Python compiles a module anew where its source has another time, as a copy has.
 *
 * @param name path from the output that it is in
 */
export function isRemade(name: string): boolean {
  return name.split('/').some((step) => REMADE.has(step)) || GIT_INDEX.test(name);
}
