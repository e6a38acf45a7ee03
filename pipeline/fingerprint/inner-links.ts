/** Which symbolic links in a folder are content, and which lead out of it. */

/**
 * Whether a symbolic link leads to a place in the folder that it is in, wherever that folder stands: it
 * is relative, and climbs before it descends, never above the folder. A `..` behind a name counts as
 * leaving, because the name may be a link itself.
 *
 * @param name path of the link from the folder
 * @param target what is written in the link
 */
export function staysInside(name: string, target: string): boolean {
  if (target.startsWith('/')) return false;
  const steps = target.split('/').filter((step) => step !== '' && step !== '.');
  const down = steps.findIndex((step) => step !== '..');
  const climbs = down === -1 ? steps.length : down;
  return climbs <= name.split('/').length - 1 && !steps.slice(climbs).includes('..');
}
