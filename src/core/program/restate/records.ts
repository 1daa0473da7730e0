/** JSON records restated as a table: keys, quotes and brackets follow from where a value stands, and from which ones there are. */
import { formatCount } from '../../count';
import type { Syntax } from '../syntax';
import type { Restatement } from '../view';
import { jsonTree, type JsonEntry } from './jsonTree';

/** Fewer records do not pay for telling what stands between their values. */
const leastRecords = 16;

/** Characters in front of the records and behind them, which the program says as they are. */
const mostAround = 1024;

/** A table's columns are counted in a byte. */
const mostColumns = 255;

/** Keys of which a record has fewer than one in so many are names rather than columns. */
const sparsest = 5;

/** Records within records, of which the innermost are cells. */
const deepest = 8;

/** Stands for a line feed within a cell; JSON has it nowhere. */
const lineFeed = '\u0001';

/**
 * A list of records, a record a line, or an object of records, as rows of values between tabs. Records within records become
 * columns, and where a record lacks a key the cell is empty. Quotes follow from the column where all of its values have them.
 * Of other JSON none.
 */
export function recordRows(json: string, { type }: Syntax): Restatement | undefined {
  const tree = type === 'json' ? jsonTree(json) : undefined;
  const records = tree && recordsIn(tree, json.length);
  const members = records && membersOf(records);
  if (!members) return undefined;
  const leaves = leavesOf(members);
  const rows = records.map(({ value }) => fieldsOf(value.entries, members));
  if (leaves.length === 0 || leaves.length >= mostColumns) return undefined;
  const isNamed = records[0].key !== '';
  const isFull = !isNamed && rows.every((row) => row.every((field) => field !== undefined));
  for (const [column, leaf] of leaves.entries()) {
    leaf.isQuoted = rows.every(({ [column]: field }) => isBare(json, field, isFull));
  }
  const told = isFull
    ? toldByPlace(json, rows.flat() as JsonEntry[], leaves)
    : toldByKeys(json, records, members);
  if (!told) return undefined;
  const cells = rows.map((row, k) => [
    ...(isNamed ? [records[k].key.slice(1, -1)] : []),
    ...row.map((field, column) => cellOf(json, field, leaves[column])),
  ]);
  const text = cells.map((row) => row.join('\t')).join('\n');
  const isBroken = text.includes(lineFeed);
  const count = formatCount(records.length);
  const keys = isFull ? 'the same keys' : `some of ${leaves.length} keys`;
  return {
    text,
    restore: isBroken ? `t=>(${told})(t).replace(/\\x01/g,'\\n')` : told,
    sentence: `Its ${count} records have ${keys}, and are told as rows of values.`,
    syntax: {
      type: 'table',
      delimiter: 9,
      isQuoted: false,
      names: [...(isNamed ? ['key'] : []), ...leaves.map(({ name }) => name)],
    },
  };
}

/** The records of the list or the object that most of the text is. */
function recordsIn(tree: JsonEntry[], length: number): JsonEntry[] | undefined {
  for (let entries = tree; entries.length > 0;) {
    const areRecords = entries.every(({ value }) => value.type === 'object');
    if (areRecords && entries.length >= leastRecords) {
      const around = entries[0].at + length - entries[entries.length - 1].value.to;
      return around <= mostAround ? entries : undefined;
    }
    const size = ({ value }: JsonEntry): number => value.to - value.from;
    entries = entries.reduce((a, b) => (size(b) > size(a) ? b : a)).value.entries;
  }
  return undefined;
}

/** What records have under a key: a value, or records again. */
interface Member {
  /** As it is written, with its quotes. */
  key: string;
  /** With those of the records around it. */
  name: string;
  members?: Member[];
  /** Those that have it. */
  entries: JsonEntry[];
  isQuoted: boolean;
}

/** What records have in common: their keys in an order that all of them keep. Of those that have few in common, or no order, nothing. */
function membersOf(records: JsonEntry[], path = '', depth = 0): Member[] | undefined {
  const keys = keysOf(records);
  if (!keys || depth > deepest) return undefined;
  const count = records.reduce((sum, { value }) => sum + value.entries.length, 0);
  if (count * sparsest < keys.length * records.length) return undefined;
  const under = new Map(keys.map((key) => [key, [] as JsonEntry[]]));
  for (const { value } of records)
    for (const entry of value.entries) under.get(entry.key)!.push(entry);
  return keys.map((key) => {
    const entries = under.get(key)!;
    const name = path + key.slice(1, -1);
    const areRecords = entries.every(
      ({ value }) => value.entries.length > 0 && value.type === 'object',
    );
    const members = areRecords ? membersOf(entries, `${name}.`, depth + 1) : undefined;
    return { key, name, entries, members, isQuoted: false };
  });
}

/** All keys in an order that every record keeps; of records of too many, or that agree on none, `undefined`. */
function keysOf(records: JsonEntry[]): string[] | undefined {
  // Of each key those that stand right before it.
  const before = new Map<string, Set<string>>();
  for (const { value } of records) {
    value.entries.forEach(({ key }, k) => {
      const known = before.get(key) ?? new Set();
      if (k > 0) known.add(value.entries[k - 1].key);
      before.set(key, known);
    });
    if (before.size >= mostColumns) return undefined;
  }
  const keys = new Set<string>();
  while (keys.size < before.size) {
    const next = [...before].find(
      ([key, known]) => !keys.has(key) && [...known].every((other) => keys.has(other)),
    );
    if (!next) return undefined;
    keys.add(next[0]);
  }
  return [...keys];
}

/** Those that hold values. */
const leavesOf = (members: Member[]): Member[] =>
  members.flatMap((member) => (member.members ? leavesOf(member.members) : [member]));

/** A record's values in the order of the leaves, with holes where it has none. */
function fieldsOf(entries: JsonEntry[], members: Member[]): (JsonEntry | undefined)[] {
  let k = 0;
  return members.flatMap(({ key, members }) => {
    const entry = entries[k]?.key === key ? entries[k++] : undefined;
    return members ? fieldsOf(entry?.value.entries ?? [], members) : [entry];
  });
}

/** Whether a column that has the value can do without quotes; an empty text is none where an empty cell is nothing. */
function isBare(json: string, field: JsonEntry | undefined, isFull: boolean): boolean {
  if (!field) return true;
  const { type, from, to } = field.value;
  return type === 'string' && (isFull || json.slice(from, to) !== '""');
}

/** Where a cell begins and ends in the text. */
const edgesOf = ({ value: { from, to } }: JsonEntry, { isQuoted }: Member): [number, number] =>
  isQuoted ? [from + 1, to - 1] : [from, to];

const cellOf = (json: string, field: JsonEntry | undefined, leaf: Member): string =>
  field ? json.slice(...edgesOf(field, leaf)).replaceAll('\n', lineFeed) : '';

/** What is told as it is, as source. */
const quoted = (text: string | string[]): string => JSON.stringify(text);

/** Source of what brings records back that have all keys: what stands behind a value is the same in every record. */
function toldByPlace(json: string, fields: JsonEntry[], leaves: Member[]): string | undefined {
  const columns = leaves.length;
  const edges = fields.map((field, k) => edgesOf(field, leaves[k % columns]));
  const behind = edges.map(([, end], k) => json.slice(end, edges[k + 1]?.[0]));
  const cyclic = behind.slice(0, columns);
  const isRegular = behind.slice(0, -1).every((text, k) => text === cyclic[k % columns]);
  if (!isRegular) return undefined;
  const [before, between, after] = [json.slice(0, edges[0][0]), cyclic, behind.at(-1)!].map(quoted);
  return `t=>${before}+t.replace(/\\t|\\n/g,(k=>()=>${between}[k++%${columns}])(0))+${after}`;
}

/** Source of what brings records back that may lack keys: each value that there is with its key, and what stands between two. */
function toldByKeys(json: string, records: JsonEntry[], members: Member[]): string {
  const [first, last] = [records[0], records[records.length - 1]];
  const { open, comma, close } = betweenIn(json, records);
  const between = json.slice(first.value.to, records[1].at);
  // What a record is called comes first.
  const [before, name] = first.key
    ? [
        '"',
        `r.shift()+${quoted(json.slice(first.at + first.key.length - 1, first.value.from) + open)}+`,
      ]
    : [open, ''];
  const template = JSON.stringify(members.map((member) => templateOf(json, member)));
  const level = `f=(T,s)=>T.map(k=>k.big?(c=>c&&k+c+(k.slice(-1)=='"'?'"':''))(r.shift()):(c=>c&&k[0]+c+k[2])(f(k[1],k[3]))).filter(c=>c).join(s)`;
  const row = `r=>{r=r.split('\\t');let ${level};return ${name}f(${template},${quoted(comma)})}`;
  const parts = [
    quoted(json.slice(0, first.at) + before),
    `t.split('\\n').map(${row}).join(${quoted(close + between + before)})`,
    quoted(close + json.slice(last.value.to)),
  ];
  const whole = `t=>(${parts.join('+')})`;
  // Between the brackets of an empty record there is nothing, where others have space.
  const isAny = records.some(({ value }) => value.entries.length === 0);
  return isAny ? `${whole}.replaceAll(${quoted(open + close)},'{}')` : whole;
}

/** Of each value its key and the quote that it begins with, of records within records what stands around them, their own template, and what stands between two. */
type Template = string | [string, Template[], string, string];

function templateOf(json: string, { key, entries, members, isQuoted }: Member): Template {
  const [{ at, value }] = entries;
  const head = key + json.slice(at + key.length, value.from);
  if (!members) return isQuoted ? `${head}"` : head;
  const { open, comma, close } = betweenIn(json, entries);
  return [head + open, members.map((member) => templateOf(json, member)), close, comma];
}

/** What stands in front of the entries of records, between and behind them, as the first that has any has it. */
function betweenIn(
  json: string,
  records: JsonEntry[],
): { open: string; comma: string; close: string } {
  const { from, to, entries } = records.find(({ value }) => value.entries.length > 0)!.value;
  const several = records.find(({ value }) => value.entries.length > 1)?.value.entries;
  return {
    open: json.slice(from, entries[0].at),
    comma: several ? json.slice(several[0].value.to, several[1].at) : '',
    close: json.slice(entries[entries.length - 1].value.to, to),
  };
}
