/** The one number that a pass asks for, checked while it is typed. */
import type { PassSetting } from '../core/compress/pass';
import { isWithin, rangeText } from '../runs/range';

/** Why a number does not fit the setting, as a sentence; undefined when it fits. */
export function problemOf(text: string, setting: PassSetting): string | undefined {
  if (text.trim() !== '' && isWithin(Number(text), setting)) return undefined;
  return `${setting.name} must be ${rangeText(setting)}, not "${text}".`;
}
