/** A step into a payload: the name of a member or the index of an element. */
export type Path = readonly (string | number)[];

interface Problem {
  readonly path: Path;
  readonly code: string;
  readonly message: string;
}

interface NestedErrors {
  [member: string]: NestedErrors | { code: string; message: string }[];
}

/** What is wrong with a payload, in the two shapes that Discord has for it. */
export class Problems {
  private readonly list: Problem[] = [];

  get none(): boolean {
    return this.list.length === 0;
  }

  add(path: Path, code: string, message: string): void {
    this.list.push({ path, code, message });
  }

  /**
   * The body of the 400.
   *
   * @param version of the API as the path names it; without one Discord still answers in the shape of version 6,
   *   which names embeds by index only: `{"embeds":["0"]}`.
   */
  body(version: number | undefined): unknown {
    return version === undefined || version < 8 ? this.flat() : this.nested();
  }

  private flat(): Record<string, string[]> {
    const flat: Record<string, string[]> = {};
    for (const { path, message } of this.list) {
      const [member = '', index] = path;
      const texts = (flat[member] ??= []);
      const text = typeof index === 'number' ? String(index) : message;
      if (!texts.includes(text)) texts.push(text);
    }
    return flat;
  }

  private nested(): unknown {
    const errors: NestedErrors = {};
    for (const { path, code, message } of this.list) {
      let level = errors;
      for (const step of path) level = (level[step] ??= {}) as NestedErrors;
      const here = (level._errors ??= []) as { code: string; message: string }[];
      here.push({ code, message });
    }
    return { message: 'Invalid Form Body', code: 50035, errors };
  }
}
