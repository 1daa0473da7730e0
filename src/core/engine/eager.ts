/** Runs a step operation by operation on TensorFlow's C library, where the user has tfjs-node and asks for it. */
import { KolmoError } from '../error';
import { onBackend } from './backend';
import type { Binding, Session } from './session';
import * as tf from './tf';

/** The name under which `@tensorflow/tfjs-node` registers itself. */
const backendName = 'tensorflow';

/**
 * Like `createSession`, with the function that would be traced instead of its graph.
 * @param compute gives a tensor for every name in `fetches` from a tensor for every name in `feeds`
 */
export function createEagerSession(
  compute: (given: tf.NamedTensorMap) => tf.NamedTensorMap,
  feeds: Record<string, Binding>,
  fetches: Record<string, Binding>,
): Session {
  if (!tf.findBackendFactory(backendName)) {
    throw new KolmoError(
      'The engine tfjs-node was asked for and is not loaded: install @tensorflow/tfjs-node, or choose the engine auto.',
    );
  }
  return {
    runtime: 'tfjs-node',
    run() {
      onBackend(backendName, () =>
        tf.tidy(() => {
          const results = compute(
            Object.fromEntries(
              Object.entries(feeds).map(([name, { data, shape }]) => [
                name,
                tf.tensor(data, shape),
              ]),
            ),
          );
          for (const name in fetches) {
            fetches[name].data.set(results[name].dataSync() as Float32Array);
          }
          tf.dispose(results);
        }),
      );
      // A turn for the process's own messages, as a run of ONNX Runtime gives.
      return new Promise((resolve) => setImmediate(resolve));
    },
    dispose: () => Promise.resolve(),
  };
}
