import { ApiError, ConflictError } from './kube';

/**
 * Keeps what goes wrong with one object from stopping the others in a pass. Errors that concern
 * everything, an unreachable API server above all, go through.
 */
export class Tally {
  /** Something changed meanwhile, or more is to be done: go again at once. */
  again = false;
  /** What the API server refused, for example for want of a permission: its last answer. */
  refused: string | undefined;

  /** Runs one piece of work; true when it succeeded. */
  async run(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      if (error instanceof ConflictError) this.again = true;
      else if (error instanceof ApiError) this.refused = error.message;
      else throw error;
      return false;
    }
  }
}
