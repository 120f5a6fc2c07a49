import {
  createHash,
  randomBytes,
  scrypt as scryptWithCallback,
  timingSafeEqual,
} from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ConfigError } from '../../shared/environment';

const scrypt = promisify<string, Buffer, number, object, Buffer>(scryptWithCallback);

/** 16 MiB of memory for each (OWASP, Password Storage Cheat Sheet). One cost for all: it must not tell users apart. */
const COST = { N: 2 ** 14, r: 8, p: 5 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
/** Attempts that may wait for their turn; together they take about 3 s. */
const MAX_WAITING = 16;

interface HashedPassword {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Compared with when there is no password, so that finding out takes as long. */
const NOBODY: HashedPassword = { salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) };

export interface Account {
  readonly name: string;
  /** Holds the password. Default: nobody can log in. */
  readonly passwordFile?: string;
}

/**
 * The one user. The password's file is read at each attempt, so that a change needs no restart; only a hash of it stays
 * in memory.
 */
export class User {
  private waiting = 0;
  private turn: Promise<unknown> = Promise.resolve();
  private known:
    { readonly digest: string; readonly password: Promise<HashedPassword> } | undefined;

  constructor(private readonly account: Account) {}

  /**
   * The hash of the password; undefined when there is no file.
   * @throws ConfigError when the file cannot be read or is empty
   */
  async load(): Promise<HashedPassword | undefined> {
    const password = await this.read();
    if (password === undefined) return undefined;
    const digest = createHash('sha256').update(password).digest('base64');
    if (this.known?.digest !== digest) this.known = { digest, password: hashOf(password) };
    return this.known.password;
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
      const known = await this.load();
      const { salt, hash } = known ?? NOBODY;
      const actual = await this.inTurn(() => scrypt(password, salt, HASH_BYTES, COST));
      const isRight = timingSafeEqual(actual, hash) && known !== undefined;
      return isRight && name === this.account.name ? 'right' : 'wrong';
    } finally {
      this.waiting -= 1;
    }
  }

  private async read(): Promise<string | undefined> {
    const { passwordFile: file } = this.account;
    if (file === undefined) return undefined;
    try {
      const password = (await readFile(file, 'utf8')).replace(/\r?\n$/, '');
      if (password !== '') return password;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new ConfigError(`${file}: ${(error as Error).message}`);
    }
    throw new ConfigError(`${file}: no password in it`);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

async function hashOf(password: string): Promise<HashedPassword> {
  const salt = randomBytes(SALT_BYTES);
  return { salt, hash: await scrypt(password, salt, HASH_BYTES, COST) };
}
