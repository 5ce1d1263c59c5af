import { createHash, timingSafeEqual } from 'node:crypto'
import { scopes } from '../desk/api-keys.ts'
import { operatorName } from '../desk/second-factors.ts'
import type { Scope } from '../store/ports/credentials.ts'

export type { Scope }

/** Who asks. */
export interface Visitor {
  /** As the audit names them. */
  readonly who: string
  readonly scopes: readonly Scope[]
  /** Sees and does only what is this account's; absent: everything. */
  readonly account?: string
  /** May send only from these; absent: from any of ours. */
  readonly domains?: readonly string[]
}

/** Whether it is an account itself that has logged in, and no program with a key of it. */
export function isAccountItself({ who, account }: Visitor): boolean {
  return who === account
}

/** Who may ask. */
export interface Access {
  /** Who comes with this key, in `Authorization: Bearer`; `undefined`: nobody that is known. */
  byKey(key: string): Promise<Visitor | undefined>
  /** Who comes with this cookie; `undefined`: nobody, any more. */
  bySession(token: string): Promise<Visitor | undefined>
  /** Who comes without any; `undefined`: nobody may. */
  readonly anybody: Visitor | undefined
}

/** The key of the lab, which is no secret. */
const labKey = 'wb_lab_local'

/** The lab's: nothing there is anybody's, and only this computer can ask. */
export const labAccess: Access = {
  byKey: async (key) => (sameText(key, labKey) ? { who: 'lab', scopes } : undefined),
  bySession: async () => undefined,
  anybody: { who: 'lab', scopes },
}

/** That of a server of one's own: its operator has a key, and nobody comes without one. */
export function operatorAccess(token: string): Access {
  return {
    byKey: async (key) => {
      return sameText(key, token) ? { who: operatorName, scopes } : undefined
    },
    bySession: async () => undefined,
    anybody: undefined,
  }
}

/** Whether two secrets are the same, in a time that tells nothing of them. */
function sameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
