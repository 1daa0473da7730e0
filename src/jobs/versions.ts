/** The versions of what computes, as run.json keeps them. */
import { version as kolmo } from '../../package.json';
// It stays outside of every bundle, and as a module Node reads JSON by this word only.
import onnxruntime from 'onnxruntime-node/package.json' with { type: 'json' };
import { version as tensorflow } from '@tensorflow/tfjs-core/package.json';

export const versions = {
  kolmo,
  node: process.versions.node,
  'onnxruntime-node': onnxruntime.version,
  '@tensorflow/tfjs-core': tensorflow,
};
