#!/usr/bin/env node
/**
 * Starts the command line, where Node is new enough. This file imports nothing beforehand and holds no
 * syntax of newer Nodes than the oldest one that is to read the sentence below.
 */
const NEEDED = '20.18.1';

/** @param {string} version @returns {number} that grows with versions */
const rank = (version) =>
  version
    .split('.')
    .map((part) => Number.parseInt(part, 10))
    .reduce((sum, part) => sum * 1000 + part, 0);

if (rank(process.versions.node) < rank(NEEDED)) {
  process.stderr.write(`pipeline needs Node ${NEEDED} or later, this is ${process.version}\n`);
  process.exitCode = 2;
} else import('./start.js');
