/** The processors that onnxruntime can compute on, and what each needs. */

/** Values of `engine.device`. */
export const DEVICES = ['cpu', 'cuda'] as const;
export type Device = (typeof DEVICES)[number];

/**
 * Installs onnxruntime-node where `npm ci` in a clone has not. Its install script would fetch CUDA libraries
 * from outside the npm registry.
 */
export const INSTALL_ONNX = 'npm install --ignore-scripts onnxruntime-node@1.30.0';

/** How to get a device that is not there. */
export const DEVICE_REMEDIES: Readonly<Record<Exclude<Device, 'cpu'>, string>> = {
  cuda:
    'it needs an NVIDIA GPU with CUDA 12 and cuDNN 9, and the files that ' +
    '"node node_modules/onnxruntime-node/script/install --onnxruntime-node-install=cuda12" downloads',
};
