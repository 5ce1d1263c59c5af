import { WaybillError } from '../base/error.ts'
import { secretHash } from '../io/secret.ts'
import { newRecoveryCode, newTotpSecret, stepOfCode, typedRecoveryCode } from '../io/totp.ts'
import type { SecondFactor, SecondFactorPort } from '../store/ports/credentials.ts'
import { accountOf, type ResidentParts } from './residents.ts'

/** Whoever runs the server, beside its accounts. */
export const operatorName = 'operator'

/** What a code, or none, comes to. */
export type CodeVerdict =
  /** There is no second factor to ask for. */
  | 'none'
  | 'right'
  | 'missing'
  | 'wrong'
  /** Nobody looked: there were too many wrong ones a moment ago. */
  | 'closed'

const recoveryCodes = 8

/** So many wrong codes in so long, then none is looked at (RFC 4226 §7.3). */
const mostWrong = 5
const forgottenMs = 5 * 60_000

/** What may be done with second factors, and whether a code is right. */
export class SecondFactorDesk {
  readonly #parts: ResidentParts<SecondFactorPort>
  /** When wrong codes came, by whose they should have been. */
  readonly #wrong = new Map<string, readonly number[]>()

  constructor(parts: ResidentParts<SecondFactorPort>) {
    this.#parts = parts
  }

  /** In the order of who has them. */
  list(): Promise<readonly SecondFactor[]> {
    return this.#parts.port.list()
  }

  /** Makes a secret. It is not asked for until a code of it was seen. */
  begin(name: string): Promise<SecondFactor> {
    const { port, now, turn } = this.#parts
    return turn.do(async () => {
      const who = await this.#whose(name)
      const known = await port.find(who)
      if (known?.confirmedAt !== undefined) {
        throw new WaybillError('usage', `${who} has a second factor already.`, {
          hint: 'waybill totp remove takes it away.',
        })
      }
      const secret = newTotpSecret()
      const factor = { who, secret, createdAt: now(), lastStep: -1, recovery: [] }
      await port.put(factor)
      return factor
    })
  }

  /** From now on it is asked for. Gives the codes to fall back on, which are kept nowhere. */
  confirm(
    name: string,
    code: string,
  ): Promise<{ readonly who: string; readonly codes: readonly string[] }> {
    const { port, now, turn } = this.#parts
    return turn.do(async () => {
      const who = await this.#whose(name)
      const factor = await port.find(who)
      if (factor === undefined || factor.confirmedAt !== undefined) {
        throw new WaybillError('usage', `Nothing is to be confirmed for ${who}.`, {
          hint: 'waybill totp add begins; waybill totp list shows who has one.',
        })
      }
      const step = stepOfCode(factor.secret, code, now())
      if (step === undefined) {
        throw new WaybillError('usage', 'That is not the code of this moment.', {
          hint: 'Is the clock of both right? A code holds for 30 seconds.',
        })
      }
      const codes = Array.from({ length: recoveryCodes }, newRecoveryCode)
      const recovery = codes.map((one) => secretHash(typedRecoveryCode(one)))
      await port.put({ ...factor, confirmedAt: now(), lastStep: step, recovery })
      return { who, codes }
    })
  }

  /** @throws WaybillError `not-found` */
  remove(name: string): Promise<string> {
    const { port, turn } = this.#parts
    return turn.do(async () => {
      const factor = await port.find(name)
      if (factor !== undefined && (await port.remove(factor.who))) return factor.who
      throw new WaybillError('not-found', `${name} has no second factor.`, {
        hint: 'waybill totp list shows who has one.',
      })
    })
  }

  /** Whether it is asked for. */
  async isWanted(who: string): Promise<boolean> {
    return (await this.wantedSince(who)) !== undefined
  }

  /** Since when it is asked for; another one has another time. */
  async wantedSince(who: string): Promise<number | undefined> {
    return (await this.#parts.port.find(who))?.confirmedAt
  }

  /** Looks at a code, which is used up by that. */
  async check(who: string, code: string | undefined): Promise<CodeVerdict> {
    const { port, now } = this.#parts
    const factor = await port.find(who)
    if (factor?.confirmedAt === undefined) return 'none'
    if (code === undefined || code.trim() === '') return 'missing'
    const key = factor.who.toLowerCase()
    const wrong = (this.#wrong.get(key) ?? []).filter((at) => now() - at < forgottenMs)
    if (wrong.length >= mostWrong) return 'closed'
    // It counts while it is looked at: who asks many at once gets no more tries.
    this.#wrong.set(key, [...wrong, now()])
    if (!(await this.#isSpent(factor, code))) return 'wrong'
    this.#wrong.delete(key)
    return 'right'
  }

  async #isSpent({ who, secret }: SecondFactor, code: string): Promise<boolean> {
    const { port, now } = this.#parts
    const step = stepOfCode(secret, code, now())
    if (step !== undefined) return await port.spend(who, { step })
    return await port.spend(who, { recovery: secretHash(typedRecoveryCode(code)) })
  }

  async #whose(name: string): Promise<string> {
    if (name === operatorName) return name
    const account = accountOf(await this.#parts.residents(), name)
    if (account !== undefined) return account.address
    throw new WaybillError('usage', `There is no account ${name}.`, {
      hint: 'waybill account list shows them; without an address it is for the operator.',
    })
  }
}
