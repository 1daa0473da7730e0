/** Long work is a generator of events that ends with a result: how one is heard within another, or not at all. */

/**
 * Passes on what `told` makes of each event, unless that is undefined, and gives the result.
 * Whoever stops listening stops the generator beneath.
 * @param before is called before each step, and ends the work by throwing
 */
export async function* relay<Event, Told, Result>(
  steps: AsyncGenerator<Event, Result, void>,
  told: (event: Event) => Told | undefined,
  before?: () => void,
): AsyncGenerator<Told, Result> {
  try {
    for (;;) {
      before?.();
      const step = await steps.next();
      if (step.done) return step.value;
      const event = told(step.value);
      if (event !== undefined) yield event;
    }
  } finally {
    await steps.return(undefined as never);
  }
}

/** The result alone, once the work is done. */
export async function resultOf<Result>(
  steps: AsyncGenerator<unknown, Result, void>,
): Promise<Result> {
  for (;;) {
    const step = await steps.next();
    if (step.done) return step.value;
  }
}
