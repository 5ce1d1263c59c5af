import { createHash, timingSafeEqual } from 'node:crypto'

/** What somebody may do. */
export type Scope = 'read' | 'send' | 'manage'

/** Who asks. */
export interface Visitor {
  /** As the audit names them. */
  readonly who: string
  readonly scopes: readonly Scope[]
}

/** Who may ask. */
export interface Access {
  /** Who comes with this key, in `Authorization: Bearer`; `undefined`: nobody that is known. */
  byKey(key: string): Visitor | undefined
  /** Who comes without any; `undefined`: nobody may. */
  readonly anybody: Visitor | undefined
}

/** The key of the lab, which is no secret. */
const labKey = 'wb_lab_local'

const everything: readonly Scope[] = ['read', 'send', 'manage']

/** The lab's: nothing there is anybody's, and only this computer can ask. */
export const labAccess: Access = {
  byKey: (key) => (sameText(key, labKey) ? { who: 'lab', scopes: everything } : undefined),
  anybody: { who: 'lab', scopes: everything },
}

/** Whether two secrets are the same, in a time that tells nothing of them. */
function sameText(one: string, other: string): boolean {
  return timingSafeEqual(digest(one), digest(other))
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
