/** The lens above a file that can be run. */
import { CodeLens, Range, languages, type Disposable } from 'vscode';

/** @param extension of the files, with the dot; `command` is given the file */
export function registerRunLens(
  extension: string,
  { title, command, tooltip }: { title: string; command: string; tooltip: string },
): Disposable {
  return languages.registerCodeLensProvider(
    { pattern: `**/*${extension}` },
    {
      provideCodeLenses: ({ uri }) => [
        new CodeLens(new Range(0, 0, 0, 0), {
          title: `$(play) ${title}`,
          command,
          arguments: [uri],
          tooltip,
        }),
      ],
    },
  );
}
