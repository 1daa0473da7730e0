/** The only door to TensorFlow.js: one copy, with every gradient registered. */
import '@tensorflow/tfjs-core/dist/register_all_gradients';

export * from '@tensorflow/tfjs-core';
