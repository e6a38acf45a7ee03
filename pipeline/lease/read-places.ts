/** What a lease says its work reads, so that nobody replaces that meanwhile. */

/** So many places one lease names; a stage that reads more is taken to read their folders. */
const MOST_PLACES = 100;

/**
 * The places that a lease names for its stage: the given ones, or, where those are very many, folders
 * that hold them all. Who then takes more for read than is, waits longer than need be.
 *
 * @param paths normalised, from the workspace, with `/`
 */
export function coverPlaces(paths: readonly string[]): readonly string[] {
  let covered = new Set(paths);
  while (covered.size > MOST_PLACES) {
    const depth = Math.max(...[...covered].map(depthOf));
    if (depth === 1) return ['.'];
    covered = new Set([...covered].map((path) => (depthOf(path) < depth ? path : folderOf(path))));
  }
  return [...covered];
}

/** Whether replacing what is at a path would change one of some places. */
export function touchesPlace(path: string, places: readonly string[]): boolean {
  return places.some(
    (place) => place === '.' || isAtOrBelow(path, place) || isAtOrBelow(place, path),
  );
}

function isAtOrBelow(path: string, other: string): boolean {
  return path === other || path.startsWith(`${other}/`);
}

function depthOf(path: string): number {
  return path.split('/').length;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
