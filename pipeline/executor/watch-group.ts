/** Executing a stage: what ties a process group to the process that started it. */

/**
 * Put before a bash command that leads a process group, in its first line so that line numbers stay
 * right. A process of the group waits for the end of a pipe that the starting process holds open: when
 * that is gone without a word (`kill -9`), it takes the group along. It is disowned, so that a `wait` of
 * the command does not wait for it.
 *
 * @param fd the number that the command has the pipe by
 */
export function watchGroup(fd: number): string {
  return `(trap '' HUP INT TERM; read -r _ <&${fd} || kill -KILL 0) & disown; exec ${fd}<&-; `;
}
