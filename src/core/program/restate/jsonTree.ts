/** JSON as a tree of places in its text, which says where everything stands as well as what it is (RFC 8259). */

/** From its first character to behind its last. */
interface JsonValue {
  type: 'object' | 'array' | 'string' | 'other';
  from: number;
  to: number;
  /** Of an object or an array, in the text's order. */
  entries: JsonEntry[];
}

export interface JsonEntry {
  /** As it is written, with its quotes, and where; empty in arrays. */
  key: string;
  at: number;
  value: JsonValue;
}

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[^\s"[\]{},:]+|[[\]{}]/g;

/** The values of a text of one or more, a line each as a rule; of a text whose brackets do not match `undefined`. */
export function jsonTree(text: string): JsonEntry[] | undefined {
  const top: JsonValue = { type: 'array', from: 0, to: text.length, entries: [] };
  const open = [top];
  let key: { key: string; at: number } | undefined;
  for (const { 0: part, index: from } of text.matchAll(token)) {
    const inside = open[open.length - 1];
    const to = from + part.length;
    if (part === '}' || part === ']') {
      const type = part === '}' ? 'object' : 'array';
      if (open.length === 1 || inside.type !== type || key) return undefined;
      inside.to = to;
      open.pop();
    } else if (inside.type === 'object' && !key) {
      if (!part.startsWith('"')) return undefined;
      key = { key: part, at: from };
    } else {
      const value: JsonValue = { type: typeOf(part), from, to, entries: [] };
      inside.entries.push({ ...(key ?? { key: '', at: from }), value });
      key = undefined;
      if (value.type === 'object' || value.type === 'array') open.push(value);
    }
  }
  return open.length === 1 ? top.entries : undefined;
}

function typeOf(part: string): JsonValue['type'] {
  if (part === '{') return 'object';
  if (part === '[') return 'array';
  return part.startsWith('"') ? 'string' : 'other';
}
