import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow';

/** Where a verb writes to: progress and notes for people, or one JSON document for programs. */
export class Output {
  public constructor(
    public readonly json: boolean,
    private readonly stdout: NodeJS.WriteStream = process.stdout,
    private readonly stderr: NodeJS.WriteStream = process.stderr,
  ) {}

  /** Progress goes to stdout, except that with `--json` stdout belongs to the document. */
  public get progress(): NodeJS.WriteStream {
    return this.json ? this.stderr : this.stdout;
  }

  /** True when progress can be redrawn in place. */
  public get isInteractive(): boolean {
    return !this.json && this.stdout.isTTY === true && process.env.CI === undefined;
  }

  /** One line, for people. */
  public note(line: string): void {
    this.progress.write(`${line}\n`);
  }

  /** The result: text for people or, with `--json`, the document. */
  public result(text: string, document: unknown): void {
    this.stdout.write(this.json ? `${JSON.stringify(document, undefined, 2)}\n` : `${text}\n`);
  }

  /** The one line (or one for each mistake) that says what went wrong. */
  public error(message: string): void {
    const lines = message.split('\n').map((line) => `vigil: ${line}\n`);
    this.stderr.write(lines.join(''));
  }

  /** Colours text when the progress stream takes colour (a terminal, and no NO_COLOR). */
  public style(style: Style, text: string): string {
    return styleText(style, text, { stream: this.progress });
  }
}

/** `0.4 s`, `31.2 s`, `2 min 5 s`. */
export function formatSeconds(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** Lines with columns padded to the widest cell; the last column is left as it is. */
export function formatTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)));
  }
  return rows.map((row) =>
    row
      .map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
