// What of the optional package this project uses, so that it compiles the same with and without it.

declare module 'webgpu' {
  /** Opens Dawn, with these toggles. */
  export function create(options: string[]): GPU;
  export const globals: object;
}
