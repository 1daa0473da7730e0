/** What is built on something that holds memory of its own, which a failure must not leave behind. */
export async function orDispose<Built>(
  base: { dispose(): Promise<void> },
  build: () => Built | Promise<Built>,
): Promise<Built> {
  try {
    return await build();
  } catch (error) {
    await base.dispose();
    throw error;
  }
}
