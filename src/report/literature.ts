/** Published points of compressed models on MNIST: bytes, as told or from the ratio to float32, and test error. */
export interface PublishedPoint {
  name: string;
  bytes: number;
  /** Of the test images, a fraction. */
  error: number;
}

/** By architecture; what a paper does not tell has no row. */
export const literature: Record<string, PublishedPoint[]> = {
  'lenet-300-100': [
    { name: 'Deep Compression (Han et al. 2015)', bytes: 27_000, error: 0.0158 },
    { name: 'Soft weight sharing (Ullrich et al. 2017)', bytes: 16_660, error: 0.0194 },
    { name: 'Entropy-penalised (Oktay et al. 2020)', bytes: 8_560, error: 0.019 },
  ],
  'lenet-5': [
    { name: 'Deep Compression (Han et al. 2015)', bytes: 44_000, error: 0.0074 },
    { name: 'Soft weight sharing (Ullrich et al. 2017)', bytes: 10_640, error: 0.0097 },
    { name: 'Entropy-penalised (Oktay et al. 2020)', bytes: 2_840, error: 0.01 },
    { name: 'Minimal random code (Havasi et al. 2019)', bytes: 1_520, error: 0.0096 },
  ],
};

/** The points that no other one beats in both bytes and error, the smallest first. */
export function paretoFront<P extends { bytes: number; error: number }>(points: P[]): P[] {
  const sorted = points.toSorted((a, b) => a.bytes - b.bytes || a.error - b.error);
  const front: P[] = [];
  for (const point of sorted) {
    const last = front.at(-1);
    if (!last || point.error < last.error) front.push(point);
  }
  return front;
}
