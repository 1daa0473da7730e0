/** A line of a bench's table: a figure beside its yardstick, both of this run. */
export interface Row {
  what: string;
  measured: number;
  yardstick: number;
  unit: string;
  source: string;
}
