import { argon2, hash, randomBytes, timingSafeEqual } from 'node:crypto'

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const memoryKib = 19_456
const passes = 2
const parallelism = 1
const tagLength = 32

/** `$argon2id$v=19$m=…,t=…,p=…$salt$hash`: PHC text. */
const phc =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{8,88})\$([A-Za-z0-9+/]{16,88})$/

/** Hashes a password with a new salt: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` (PHC text). */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(prepared(password), salt, { memoryKib, passes, parallelism, tagLength })
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${bare(salt)}$${bare(hash)}`
}

/** A hash that costs more would let a few log-ins take the machine down. */
const maxMemoryKib = 1 << 20
const maxPasses = 100
const maxParallelism = 16

/** Whether the text is a password hash that `checkPassword` can use. */
export function isPasswordHash(text: string): boolean {
  return readHash(text) !== undefined
}

/**
 * Whether the password belongs to the hash. Without a hash (no such account) the same work is done
 * and the answer is no, so that the time taken does not tell which accounts exist.
 */
export async function checkPassword(password: string, hash: string | undefined): Promise<boolean> {
  const read = readHash(hash ?? '')
  const cost = { memoryKib, passes, parallelism, tagLength }
  const { salt, cost: known, expected } = read ?? { salt: randomBytes(16), cost, expected: none }
  // Hashes of earlier releases are of what was typed, and so may be those of other programs.
  for (const form of new Set([prepared(password), password])) {
    const derived = await derive(form, salt, known)
    if (read !== undefined && timingSafeEqual(derived, expected)) return true
  }
  return false
}

const none = Buffer.alloc(0)

/**
 * One text for a password that was typed on different keyboards: every space is a space, and letters
 * are in NFC (RFC 8265 §4.2.2, OpaqueString). What the profile forbids is nobody's to guess, and taken.
 */
function prepared(password: string): string {
  return password.replace(/\p{Zs}/gu, ' ').normalize('NFC')
}

/** A text that changes when the hash of a password does, and tells nothing of either. */
export function passwordMark(passwordHash: string): string {
  return hash('sha256', passwordHash, 'base64')
}

interface Cost {
  readonly memoryKib: number
  readonly passes: number
  readonly parallelism: number
  readonly tagLength: number
}

function readHash(
  text: string,
): { readonly cost: Cost; readonly salt: Uint8Array; readonly expected: Uint8Array } | undefined {
  const match = phc.exec(text)
  if (match === null) return undefined
  const salt = Buffer.from(match[4] ?? '', 'base64')
  const expected = Buffer.from(match[5] ?? '', 'base64')
  const [memory, times, lanes] = [Number(match[1]), Number(match[2]), Number(match[3])]
  // RFC 9106 §3.1: at least 8 blocks of memory for each lane, one pass, 8 octets of salt.
  const possible = lanes >= 1 && times >= 1 && memory >= 8 * lanes && salt.length >= 8
  const bearable = memory <= maxMemoryKib && times <= maxPasses && lanes <= maxParallelism
  if (!possible || !bearable || expected.length < 16) return undefined
  const cost = { memoryKib: memory, passes: times, parallelism: lanes }
  return { cost: { ...cost, tagLength: expected.length }, salt, expected }
}

function derive(password: string, salt: Uint8Array, cost: Cost): Promise<Buffer> {
  const { memoryKib: memory, ...rest } = cost
  return new Promise((resolve, reject) => {
    argon2(
      'argon2id',
      { message: Buffer.from(password, 'utf8'), nonce: salt, memory, ...rest },
      (problem, hash) => (problem === null ? resolve(hash) : reject(problem)),
    )
  })
}

function bare(octets: Uint8Array): string {
  return Buffer.from(octets).toString('base64').replace(/=+$/, '')
}
