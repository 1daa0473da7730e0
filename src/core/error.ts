/** The one error class of the core: its message is a sentence that a user can act on. */
export class KolmoError extends Error {
  override name = 'KolmoError';
}
