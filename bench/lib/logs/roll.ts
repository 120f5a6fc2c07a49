/** Numbered lines, called one by one: which of them came, and how often. */
export class Roll {
  private readonly times: Uint16Array;
  private unknownLines = 0;

  /** @param expected the lines are numbered from 0 to one less than this. */
  public constructor(private readonly expected: number) {
    this.times = new Uint16Array(expected);
  }

  /** A line that carries this number, or none that it should carry. */
  public tick(seq: number): void {
    const before = this.times[seq];
    if (before === undefined) this.unknownLines += 1;
    else this.times[seq] = before + 1;
  }

  /** Numbers that never came. */
  public get lost(): number {
    return this.times.filter((count) => count === 0).length;
  }

  /** Lines that came again. */
  public get duplicates(): number {
    return this.times.reduce((sum, count) => sum + Math.max(count - 1, 0), 0);
  }

  /** Lines without a number that was expected. */
  public get unknown(): number {
    return this.unknownLines;
  }

  /** What never came, in a few words: `none`, or `120-143, 200`, the first five of the gaps. */
  public get gaps(): string {
    const gaps: string[] = [];
    for (let from = this.times.indexOf(0); from !== -1;) {
      const end = this.times.findIndex((count, index) => index > from && count > 0);
      const to = (end === -1 ? this.expected : end) - 1;
      gaps.push(from === to ? `${from}` : `${from}-${to}`);
      from = this.times.indexOf(0, to + 1);
    }
    if (gaps.length === 0) return 'none';
    return [...gaps.slice(0, 5), ...(gaps.length > 5 ? ['…'] : [])].join(', ');
  }
}
