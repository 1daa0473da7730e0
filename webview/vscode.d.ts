/** The one function that VS Code gives to a webview. */
declare function acquireVsCodeApi<State>(): {
  postMessage(message: unknown): void;
  getState(): State | undefined;
  setState(state: State): void;
};

declare module '*.css';
