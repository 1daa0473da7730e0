/** What an expression stands for that programs carry as source text: the encoder runs the same text. */
export const evaluated = <Value>(source: string): Value =>
  new Function(`return ${source}`)() as Value;
