/** Reads a Python pickle as inert values: calls are recorded, never made (https://docs.python.org/3/library/pickletools.html). */
import { formatCount } from '../count';
import { KolmoError } from '../error';

/** A dictionary is a Map, a tuple or list an array; what Python would call or import is a record of it. */
export type Pickled =
  | string
  | number
  | boolean
  | null
  | Pickled[]
  | Map<Pickled, Pickled>
  | PickledCall
  | { type: 'global'; name: string }
  | { type: 'persistent'; id: Pickled };

export interface PickledCall {
  type: 'call';
  callee: Pickled;
  arguments: Pickled;
  state?: Pickled;
}

export interface ReadPickle {
  value: Pickled;
  /** Ids of all that the pickle says lies outside of it. */
  persistents: Pickled[];
  /** Offset behind the pickle: others may follow. */
  end: number;
}

/** Memory is bounded by the pickle's length: each opcode makes at most one value. */
export function readPickle(bytes: Uint8Array, where: string, start = 0): ReadPickle {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: Pickled[] = [];
  const marks: number[] = [];
  const memo = new Map<number, Pickled>();
  const persistents: Pickled[] = [];
  let at = start;

  const fail = (what: string): never => {
    throw new KolmoError(
      `${where}, offset ${at}: ${what}. The pickle is damaged, or uses what is not read.`,
    );
  };
  const take = (count: number): number => {
    if (at + count > bytes.length)
      fail(`${formatCount(count)} bytes were expected, ${formatCount(bytes.length - at)} are left`);
    return (at += count) - count;
  };
  const u8 = (): number => bytes[take(1)];
  const u32 = (): number => view.getUint32(take(4), true);
  const u64 = (): number => Number(view.getBigUint64(take(8), true));
  const text = (length: number): string => {
    const start = take(length);
    return new TextDecoder().decode(bytes.subarray(start, start + length));
  };
  const line = (): string => {
    const end = bytes.indexOf(10, at);
    if (end < 0) fail('a line does not end');
    const start = take(end + 1 - at);
    return new TextDecoder().decode(bytes.subarray(start, end));
  };
  const pop = (): Pickled => (stack.length > 0 ? stack.pop()! : fail('the stack is empty'));
  const top = (): Pickled => stack[stack.length - 1] ?? fail('the stack is empty');
  const popMark = (): Pickled[] => {
    const mark = marks.pop();
    return mark === undefined ? fail('no mark is set') : stack.splice(mark);
  };
  const long = (length: number): number => {
    const start = take(length);
    let value = 0;
    for (let i = length - 1; i >= 0; i--) value = value * 256 + bytes[start + i];
    return length > 0 && bytes[start + length - 1] > 127 ? value - 256 ** length : value;
  };
  const setItems = (items: Pickled[]): void => {
    const owner = top();
    if (!(owner instanceof Map)) return;
    for (let i = 0; i + 1 < items.length; i += 2) owner.set(items[i], items[i + 1]);
  };
  const append = (items: Pickled[]): void => {
    const owner = top();
    if (Array.isArray(owner)) for (const item of items) owner.push(item);
  };
  const call = (callee: Pickled, given: Pickled): void => {
    // An ordered dictionary is a dictionary: its items follow.
    const made = isGlobal(callee, 'collections.OrderedDict');
    stack.push(made ? new Map() : { type: 'call', callee, arguments: given });
  };
  const persist = (id: Pickled): void => {
    persistents.push(id);
    stack.push({ type: 'persistent', id });
  };

  for (;;) {
    const opcode = String.fromCharCode(u8());
    switch (opcode) {
      case '\x80':
        take(1);
        break;
      case '\x95':
        take(8);
        break;
      case '.':
        return { value: pop(), persistents, end: at };
      case '(':
        marks.push(stack.length);
        break;
      case '0':
        pop();
        break;
      case '1':
        popMark();
        break;
      case '2':
        stack.push(top());
        break;
      case '}':
        stack.push(new Map());
        break;
      case ']':
      case ')':
      case '\x8f':
        stack.push([]);
        break;
      case 't':
      case 'l':
      case '\x91':
        stack.push(popMark());
        break;
      case '\x85':
        stack.push([pop()]);
        break;
      case '\x86': {
        const b = pop();
        stack.push([pop(), b]);
        break;
      }
      case '\x87': {
        const c = pop();
        const b = pop();
        stack.push([pop(), b, c]);
        break;
      }
      case 'd': {
        const items = popMark();
        stack.push(new Map());
        setItems(items);
        break;
      }
      case 's': {
        const value = pop();
        const key = pop();
        setItems([key, value]);
        break;
      }
      case 'u':
        setItems(popMark());
        break;
      case 'a':
        append([pop()]);
        break;
      case 'e':
      case '\x90':
        append(popMark());
        break;
      case 'X':
      case 'T':
      case 'B':
        stack.push(text(u32()));
        break;
      case '\x8c':
      case 'U':
      case 'C':
        stack.push(text(u8()));
        break;
      case '\x8d':
      case '\x8e':
        stack.push(text(u64()));
        break;
      case 'V':
      case 'S':
      case 'F':
      case 'I':
      case 'L':
        stack.push(line());
        break;
      case 'J':
        stack.push(view.getInt32(take(4), true));
        break;
      case 'K':
        stack.push(u8());
        break;
      case 'M':
        stack.push(view.getUint16(take(2), true));
        break;
      case 'G':
        stack.push(view.getFloat64(take(8), false));
        break;
      case '\x8a':
        stack.push(long(u8()));
        break;
      case '\x8b':
        stack.push(long(u32()));
        break;
      case 'N':
        stack.push(null);
        break;
      case '\x88':
        stack.push(true);
        break;
      case '\x89':
        stack.push(false);
        break;
      case 'q':
        memo.set(u8(), top());
        break;
      case 'r':
        memo.set(u32(), top());
        break;
      case '\x94':
        memo.set(memo.size, top());
        break;
      case 'h':
        stack.push(memo.get(u8()) ?? null);
        break;
      case 'j':
        stack.push(memo.get(u32()) ?? null);
        break;
      case 'c':
        stack.push({ type: 'global', name: `${line()}.${line()}` });
        break;
      case '\x93': {
        const name = pop();
        stack.push({ type: 'global', name: `${String(pop())}.${String(name)}` });
        break;
      }
      case 'R':
      case '\x81': {
        const given = pop();
        call(pop(), given);
        break;
      }
      case '\x92': {
        pop();
        const given = pop();
        call(pop(), given);
        break;
      }
      case 'b': {
        const state = pop();
        const owner = top();
        if (
          owner !== null &&
          typeof owner === 'object' &&
          'type' in owner &&
          owner.type === 'call'
        ) {
          owner.state = state;
        }
        break;
      }
      case 'Q':
        persist(pop());
        break;
      case 'P':
        persist(line());
        break;
      default:
        at--;
        fail(`unknown opcode 0x${opcode.charCodeAt(0).toString(16)}`);
    }
  }
}

function isGlobal(value: Pickled, name: string): boolean {
  return globalName(value) === name;
}

export function globalName(value: Pickled): string | undefined {
  return value !== null && typeof value === 'object' && 'type' in value && value.type === 'global'
    ? value.name
    : undefined;
}
