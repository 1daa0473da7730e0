/** What every job is given besides its request. */

export interface JobContext {
  /** Whether the job was asked to stop; looked at between batches. */
  stopping(): boolean;
  /** The job's clock in seconds since the Unix epoch: the core has none. */
  now(): number;
}
