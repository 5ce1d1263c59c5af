import type { Resolver } from '../dns/resolver.ts'
import type { Store } from '../store/ports/store.ts'
import { type Operation, textMember } from './act.ts'
import type { InTurn } from './in-turn.ts'
import { keysOf, type Rotation, rotateKeys } from './key-rotation.ts'

/** A resolver that was opened for one question, and remembers nothing of before. */
export interface FreshResolver extends Resolver {
  close(): void
}

/** What the desk needs for signing keys. */
export interface KeyPart {
  readonly keys: KeyDesk
}

/** What may be done with signing keys. */
export class KeyDesk {
  readonly #parts: KeyDeskParts

  constructor(parts: KeyDeskParts) {
    this.#parts = parts
  }

  /**
   * One step of a rotation.
   *
   * @throws WaybillError `not-found` when the domain has no keys
   */
  rotate(domain: string): Promise<Rotation> {
    const { store, openResolver, now, turn, changed } = this.#parts
    return turn.do(async () => {
      const keys = await keysOf(store, domain)
      // What DNS did not have a minute ago may have been published since.
      const resolver = await openResolver()
      try {
        return await rotateKeys(store, keys, { resolver, now: now() })
      } finally {
        resolver.close()
        await changed?.()
      }
    })
  }
}

export interface KeyDeskParts {
  readonly store: Pick<Store, 'keys'>
  readonly openResolver: () => Promise<FreshResolver>
  readonly now: () => number
  readonly turn: InTurn
  /** Keys may have changed: who signs looks again. */
  readonly changed?: () => Promise<void>
}

/** `waybill dkim rotate`. */
export const dkimRotate: Operation<KeyPart, { readonly domain: string }, Rotation> = {
  name: 'dkim rotate',
  read: (input) => ({ domain: textMember('dkim rotate', input, 'domain') }),
  run: ({ keys }, { domain }) => keys.rotate(domain),
  // That records are still missing is no act.
  tell({ domain }, rotation) {
    if (rotation.type === 'waiting') return undefined
    if (rotation.type === 'made') {
      return { domain, step: 'made', selectors: rotation.waiting.map(({ key }) => key.selector) }
    }
    const selectors = (keys: readonly { readonly selector: string }[]) => {
      return keys.map(({ selector }) => selector)
    }
    const { active, retired } = rotation
    return { domain, step: 'done', active: selectors(active), retired: selectors(retired) }
  },
}
