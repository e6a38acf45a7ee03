/** All of the contract, for modules of workspaces that install this program as a package. */

export type * from './command.ts';
export type * from './estimate.ts';
export type * from './figure.ts';
export type * from './machine.ts';
export type * from './shell.ts';
export type * from './stage.ts';
export type * from './values.ts';
