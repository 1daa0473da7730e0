/** The flags of the passes: the table of passes as the command line reads it. */
import { passDescriptions } from '../core/compress/descriptions';
import type { PassDescription, PassName } from '../core/compress/pass';
import { flagName } from '../report/reproduce';
import type { Flag } from './command';

/** `--prune`, `--prune-steps`, …: the one number of each pass under its name, and its further options behind it. */
export const passFlags: Record<string, Flag> = Object.assign(
  {},
  ...Object.values<PassDescription>(passDescriptions).map(flagsOf),
);

/** The same with several values each, separated by commas; names, which have commas of their own, stay one value. */
export const passListFlags: Record<string, Flag> = Object.fromEntries(
  Object.entries(passFlags).map(([name, flag]) => [
    name,
    { ...flag, several: flag.type !== 'text' || flag.values !== undefined },
  ]),
);

function flagsOf({
  name,
  title,
  setting,
  defaults,
  meanings,
  choices,
}: PassDescription): Record<string, Flag> {
  const own: Flag = {
    type: 'number',
    description: `${title}: ${setting.prompt}`,
    default: setting.default,
    minimum: setting.minimum,
    maximum: setting.maximum,
    integer: setting.integer,
  };
  const further = Object.entries(defaults).map(([option, usual]): [string, Flag] => [
    `${flagName(name)}-${flagName(option)}`,
    {
      type: typeof usual === 'string' ? 'text' : (typeof usual as 'number' | 'boolean'),
      description: meanings[option],
      default: usual === '' ? 'none' : String(usual),
      values: choices?.[option],
    },
  ]);
  return { [flagName(name)]: own, ...Object.fromEntries(further) };
}

/** The passes in the order in which their flags were given, a further option counting as its pass. */
export function passesOf<Value>(
  given: ReadonlyMap<string, Value>,
): { name: PassName; options: Record<string, Value> }[] {
  const passes = new Map<PassName, Record<string, Value>>();
  for (const [flag, value] of given) {
    for (const { name, setting, defaults } of Object.values<PassDescription>(passDescriptions)) {
      const option =
        flag === flagName(name)
          ? setting.name
          : Object.keys(defaults).find((each) => flag === `${flagName(name)}-${flagName(each)}`);
      if (option !== undefined) passes.set(name, { ...passes.get(name), [option]: value });
    }
  }
  return [...passes].map(([name, options]) => ({ name, options }));
}
