/**
 * The axis of lines that never move: uPlot's own reaches from zero to twice the value, which has an accuracy of 200 %.
 * @param most what no value can exceed, such as 1 of an accuracy
 */
export function flatRange(value: number, most = Infinity): [from: number, to: number] {
  const around = Math.abs(value) / 10 || 1;
  const room = value <= most ? most + around / 10 : Infinity;
  return [value - around, Math.min(value + around, room)];
}
