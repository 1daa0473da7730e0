/** The versions of what computes, as run.json keeps them. */
import { version as kolmo } from '../../package.json';
import { version as onnxruntime } from 'onnxruntime-node/package.json';
import { version as tensorflow } from '@tensorflow/tfjs-core/package.json';

export const versions = {
  kolmo,
  node: process.versions.node,
  'onnxruntime-node': onnxruntime,
  '@tensorflow/tfjs-core': tensorflow,
};
