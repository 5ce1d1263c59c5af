import { type Operation, textMember } from './act.ts'
import type { SecondFactor } from '../store/ports/credentials.ts'
import type { SecondFactorDesk } from './second-factors.ts'

/** What the desk needs for second factors. */
export interface SecondFactorPart {
  readonly secondFactors: SecondFactorDesk
}

/** A second factor as people and programs see it: without its secret. */
export interface SecondFactorView {
  who: string
  /** It is asked for; `false`: it was begun, and no code of it was seen yet. */
  confirmed: boolean
  confirmed_at: string | null
  recovery_codes_left: number
}

/** Puts it so. */
export function secondFactorView({ who, confirmedAt, recovery }: SecondFactor): SecondFactorView {
  return {
    who,
    confirmed: confirmedAt !== undefined,
    confirmed_at: confirmedAt === undefined ? null : new Date(confirmedAt).toISOString(),
    recovery_codes_left: recovery.length,
  }
}

/** `waybill totp add`. */
export const totpAdd: Operation<
  SecondFactorPart,
  { readonly who: string },
  { readonly who: string; readonly secret: string }
> = {
  name: 'totp add',
  read: (input) => ({ who: textMember('totp add', input, 'who') }),
  async run({ secondFactors }, { who }) {
    const { who: whose, secret } = await secondFactors.begin(who)
    return { who: whose, secret }
  },
  tell: (_, { who }) => ({ who }),
}

/** `waybill totp confirm`. */
export const totpConfirm: Operation<
  SecondFactorPart,
  { readonly who: string; readonly code: string },
  { readonly who: string; readonly codes: readonly string[] }
> = {
  name: 'totp confirm',
  read: (input) => ({
    who: textMember('totp confirm', input, 'who'),
    code: textMember('totp confirm', input, 'code'),
  }),
  run: ({ secondFactors }, { who, code }) => secondFactors.confirm(who, code),
  tell: (_, { who }) => ({ who }),
}

/** `waybill totp remove`. */
export const totpRemove: Operation<SecondFactorPart, { readonly who: string }, string> = {
  name: 'totp remove',
  read: (input) => ({ who: textMember('totp remove', input, 'who') }),
  run: ({ secondFactors }, { who }) => secondFactors.remove(who),
  tell: (_, who) => ({ who }),
}
