/** Builds an element in one expression; text becomes text nodes, so nothing from a file is ever parsed as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes?: Record<string, string | number | boolean | undefined>,
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K];
export function element(
  tag: string,
  attributes?: Record<string, string | number | boolean | undefined>,
  ...children: (Node | string)[]
): HTMLElement;
export function element(
  tag: string,
  attributes: Record<string, string | number | boolean | undefined> = {},
  ...children: (Node | string)[]
): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(name, value === true ? '' : String(value));
  }
  made.append(...children);
  return made;
}

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
      secondary: options.secondary ?? false,
      ...(options.icon ? { icon: options.icon } : {}),
    },
    label,
  );
  made.addEventListener('click', click);
  return made;
}
