import { randomBytes, scrypt as scryptWithCallback, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import * as z from 'zod';
import { ConfigError } from '../../shared/environment';

const scrypt = promisify<string, Buffer, number, object, Buffer>(scryptWithCallback);

/** 16 MiB of memory for each (OWASP, Password Storage Cheat Sheet). One cost for all: it must not tell users apart. */
const COST = { N: 2 ** 14, r: 8, p: 5 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** Attempts that may wait for their turn; together they take about 3 s. */
const MAX_WAITING = 16;

interface StoredPassword {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

const schema = z.record(
  z.string(),
  z
    .string()
    .regex(/^scrypt\$[\w+/]{22}==\$[\w+/]{43}=$/, 'not of the form scrypt$<salt>$<hash>')
    .transform((text): StoredPassword => {
      const [, salt = '', hash = ''] = text.split('$');
      return { salt: Buffer.from(salt, 'base64'), hash: Buffer.from(hash, 'base64') };
    }),
);

/** Compared with when there is no such user, so that finding out takes as long. */
const NOBODY: StoredPassword = { salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };

/** Who may log in: a JSON file of names and hashes, read at each attempt so that a change needs no restart. */
export class Users {
  private waiting = 0;
  private turn: Promise<unknown> = Promise.resolve();

  /** @param file none, or one that does not exist: nobody can log in */
  constructor(private readonly file?: string) {}

  /**
   * Passwords by name.
   * @throws ConfigError when the file cannot be read or is not as it should be
   */
  async load(): Promise<ReadonlyMap<string, StoredPassword>> {
    if (this.file === undefined) return new Map();
    try {
      const users = schema.parse(JSON.parse(await readFile(this.file, 'utf8')));
      return new Map(Object.entries(users));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
      throw new ConfigError(`${this.file}: ${reason(error)}`);
    }
  }

  /**
   * Whether this is the user's password. It takes as long for a name that does not exist.
   * @returns `busy` when too many others wait: a flood may not take memory and processor without bound
   * @throws ConfigError as `load`
   */
  async verify(name: string, password: string): Promise<'right' | 'wrong' | 'busy'> {
    if (this.waiting >= MAX_WAITING) return 'busy';
    this.waiting += 1;
    try {
      const known = (await this.load()).get(name);
      const { salt, hash } = known ?? NOBODY;
      const actual = await this.inTurn(() => scrypt(password, salt, HASH_BYTES, COST));
      return timingSafeEqual(actual, hash) && known !== undefined ? 'right' : 'wrong';
    } finally {
      this.waiting -= 1;
    }
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

/** A password as the users' file holds it, with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await scrypt(password, salt, HASH_BYTES, COST);
  return `scrypt$${salt.toString('base64')}$${hash.toString('base64')}`;
}

/** Without a password or what could be one: a parser's message quotes what it could not read. */
function reason(error: unknown): string {
  if (error instanceof SyntaxError) return 'not JSON';
  if (!(error instanceof z.ZodError)) return (error as Error).message;
  return error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
}
