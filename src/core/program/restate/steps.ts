/** A column of times that only go one way, restated as steps from row to row: a calendar in the program brings the times back. */
import type { Clock } from '../model/clock';
import type { Syntax } from '../syntax';
import type { Restatement } from '../view';

/** Fewer times do not pay for the calendar. */
const leastTimes = 64;

/** The first such column of a table, in days, minutes or seconds as it is written; of a table without one nothing. */
export function clockSteps(table: string, syntax: Syntax): Restatement | undefined {
  if (syntax.type !== 'table') return undefined;
  const delimiter = String.fromCharCode(syntax.delimiter);
  const [, second = ''] = table.split('\n', 2);
  for (const [column, cell] of second.trimEnd().split(delimiter).entries()) {
    const calendar = calendarOf(cell);
    if (!calendar) continue;
    // Not behind a look back, which would read all cells to the left of each.
    const before = `^((?:[^${delimiter}\\n]*[${delimiter}]){${column}})`;
    const cells = new RegExp(`${before}([^${delimiter}\\r\\n]+)`, 'gm');
    const restated = stepsOf(table, cells, calendar, 1) ?? stepsOf(table, cells, calendar, -1);
    if (!restated) continue;
    const { text, first, sign } = restated;
    const { milliseconds, name, length, separator, gap, zone, clock } = calendar;
    const written = [
      `.slice(0,${length})`,
      separator === '-' ? '' : `.replace(/-/g,'${separator}')`,
      gap === ' ' ? ".replace('T',' ')" : '',
      zone ? `+'${zone}'` : '',
    ].join('');
    const steps = column ? `${before}(\\d+)` : '^\\d+';
    const [given, kept] = column ? ['(a,b,s)', 'b+'] : ['s', ''];
    return {
      text,
      restore: `t=>t.replace(/${steps}/gm,(t=>${given}=>${kept}new Date((t-=${-sign}*s)*${milliseconds}).toISOString()${written})(${first}))`,
      sentence: `The times of a column go one way, and are told as ${name} from row to row.`,
      syntax: { ...syntax, clock: { column, ...clock } },
    };
  }
  return undefined;
}

/** How a time is written, which ISO 8601 does with dashes and a T, and what it counts in. */
interface Calendar {
  milliseconds: number;
  name: string;
  clock: Omit<Clock, 'column'>;
  length: number;
  separator: string;
  gap?: string;
  zone: string;
}

const units = {
  day: { milliseconds: 864e5, name: 'days', clock: { phase: 1, phases: 7 } },
  minute: { milliseconds: 6e4, name: 'minutes', clock: { phase: 60, phases: 24 } },
  second: { milliseconds: 1e3, name: 'seconds', clock: { phase: 3600, phases: 24 } },
};

const time = /^(\d{4}([-/.])\d\d\2\d\d(?:([T ])\d\d:\d\d(:\d\d)?)?)(Z?)$/;

function calendarOf(cell: string): Calendar | undefined {
  const [, { length } = '', separator, gap, seconds, zone] = time.exec(cell) ?? [];
  if (!length) return undefined;
  const unit = units[seconds ? 'second' : gap ? 'minute' : 'day'];
  return { ...unit, length, separator, gap, zone };
}

/** The time of a cell in units; of a cell that is written in another way NaN. */
function timeOf(cell: string, { milliseconds, length, separator, gap, zone }: Calendar): number {
  const iso = cell.replaceAll(separator, '-').replace(gap ?? ' ', 'T');
  // eslint-disable-next-line no-restricted-globals -- the date of a number that is given is arithmetic.
  const date = new Date(iso.endsWith('Z') || !gap ? iso : `${iso}Z`);
  if (Number.isNaN(date.getTime())) return NaN;
  const [day, hours] = date.toISOString().slice(0, length).split('T');
  const back = day.replaceAll('-', separator) + (gap ? gap + hours : '') + zone;
  return back === cell ? date.getTime() / milliseconds : NaN;
}

/** The table with steps in the place of its times, unless one of them goes the other way or is none; the head of a column stays. */
function stepsOf(
  table: string,
  cells: RegExp,
  calendar: Calendar,
  sign: number,
): { text: string; first: number; sign: number } | undefined {
  const times: number[] = [];
  let isOneWay = true;
  const text = table.replace(cells, (whole, before: string, cell: string) => {
    const time = timeOf(cell, calendar);
    // What is no number is not taken for a step, either.
    if (Number.isNaN(time) && times.length === 0 && /^\D/.test(cell)) return whole;
    const step = sign * (time - (times.at(-1) ?? time));
    if (!(step >= 0)) isOneWay = false;
    times.push(time);
    return `${before}${step}`;
  });
  return isOneWay && times.length >= leastTimes ? { text, first: times[0], sign } : undefined;
}
