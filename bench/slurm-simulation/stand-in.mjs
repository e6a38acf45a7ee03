/**
 * Stands for a program of Slurm: asks the simulated cluster and prints its answer.
 * Called as `stand-in.mjs <socket> <program> <arguments>`.
 */

import { connect } from 'node:net';

const [, , socket = '', program, ...args] = process.argv;
const connection = connect(socket);
let text = '';
connection.setEncoding('utf8');
connection.on('data', (part) => {
  text += part;
});
connection.on('end', () => {
  const { stdout, stderr, code } = JSON.parse(text);
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  process.exitCode = code;
});
connection.on('error', ({ message }) => {
  process.stderr.write(`${program}: error: Unable to contact slurm controller (${message})\n`);
  process.exitCode = 1;
});
connection.write(`${JSON.stringify({ program, args })}\n`);
