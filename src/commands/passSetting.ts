/** The one number that a pass asks for, checked while it is typed. */
import type { PassSetting } from '../core/compress/pass';

/** Why a number does not fit the setting, as a sentence; undefined when it fits. */
export function problemOf(text: string, setting: PassSetting): string | undefined {
  const value = Number(text);
  const { minimum, maximum, integer } = setting;
  const kind = integer ? 'a whole number' : 'a number';
  if (text.trim() === '' || !Number.isFinite(value) || (integer && !Number.isInteger(value))) {
    return `${setting.name} must be ${kind} from ${minimum} to ${maximum}, not "${text}".`;
  }
  if (value < minimum || value > maximum) {
    return `${setting.name} must be from ${minimum} to ${maximum}, not ${text}.`;
  }
  return undefined;
}
