/** Waiting that can be watched, and ended by whoever watches. */

/** Milliseconds between two events. */
const pace = 100;

/** Yields what `event` gives, at once and every now and then, until the promise is kept; then gives its value. */
export async function* waitFor<Event, Result>(
  promise: Promise<Result>,
  event: () => Event,
): AsyncGenerator<Event, Result> {
  const nothing = Symbol('not yet');
  // Whoever has stopped waiting is not told how it ended.
  promise.catch(() => {});
  for (;;) {
    yield event();
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise<typeof nothing>((resolve) => {
      timer = setTimeout(resolve, pace, nothing);
    });
    const result = await Promise.race([promise, pause]).finally(() => clearTimeout(timer));
    if (result !== nothing) return result;
  }
}
