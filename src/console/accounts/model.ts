import type { Placed } from '../parts/placed.ts'

/** Somebody who has a mailbox here. */
export interface Account extends Placed {
  readonly address: string
  readonly login: boolean
  readonly aliases: readonly string[]
  /** Where its letters are handed on to as well. */
  readonly forward: readonly string[]
}

/** An address that leads on. */
export interface Alias extends Placed {
  readonly address: string
  readonly to: readonly string[]
  readonly send: boolean
}
