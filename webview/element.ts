type Attributes = Record<string, string | number | boolean | undefined>;

/** Builds an element in one expression; text becomes text nodes, so nothing from a file is ever parsed as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes?: Attributes,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K];
export function element(
  tag: string,
  attributes?: Attributes,
  ...children: (Node | string)[]
): HTMLElement;
export function element(
  tag: string,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElement {
  return complete(document.createElement(tag), attributes, children);
}

/** The same for a picture's elements, which are of another namespace. */
export function svgElement(
  tag: string,
  attributes: Attributes,
  ...children: (Node | string)[]
): SVGElement {
  return complete(
    document.createElementNS('http://www.w3.org/2000/svg', tag),
    attributes,
    children,
  );
}

/** Sets what is neither undefined nor false. */
function complete<Made extends Element>(
  made: Made,
  attributes: Attributes,
  children: (Node | string)[],
): Made {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children);
  return made;
}

/** A sentence whose words between backticks are code. */
export const withCode = (text: string): (Node | string)[] =>
  text.split('`').map((part, i) => (i % 2 === 1 ? element('code', {}, part) : part));

/** A name that is broken, where it is too long, behind what divides it. */
export const breakable = (name: string): (Node | string)[] =>
  name
    .split(/(?<=[./_:])(?=[^\s])/)
    .flatMap((part, i) => (i > 0 ? [element('wbr'), part] : [part]));

/** A control of @vscode-elements with what a click does. */
export function button(
  label: string,
  options: { icon?: string; secondary?: boolean; action: string },
  click: () => void,
): HTMLElement {
  const made = element(
    'vscode-button',
    {
      'data-action': options.action,
      'data-focus': `action ${options.action}`,
      secondary: options.secondary ?? false,
      ...(options.icon ? { icon: options.icon } : {}),
    },
    label,
  );
  made.addEventListener('click', click);
  return made;
}
