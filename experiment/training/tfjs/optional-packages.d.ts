// What of the optional peers this project uses, so that it compiles the same with and without them.

declare module '@tensorflow/tfjs-node-gpu' {
  export * from '@tensorflow/tfjs-core';
}

declare module '@tensorflow/tfjs-node' {
  export * from '@tensorflow/tfjs-core';
}

declare module '@tensorflow/tfjs' {
  export * from '@tensorflow/tfjs-core';
}
