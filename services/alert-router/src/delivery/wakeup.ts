/** A bell: it wakes whoever waits, or the next one who does. Rung twice it wakes once. */
export class Wakeup {
  private rung = false;
  private resolve: (() => void) | undefined;

  wake(): void {
    this.rung = true;
    this.resolve?.();
  }

  /** For one waiter at a time. */
  async wait(): Promise<void> {
    if (!this.rung) {
      await new Promise<void>((resolve) => {
        this.resolve = resolve;
      });
    }
    this.rung = false;
    this.resolve = undefined;
  }
}
