import type { KeyState, Rotation, ToldKey } from './key-rotation.ts'

/** A signing key and what DNS says of it, for programs. */
export interface KeyJson {
  domain: string
  selector: string
  algorithm: string
  active: boolean
  created_at: string
  /** `published`, `missing`, `unavailable`, `several`, `different`, `revoked` or `malformed`. */
  publication: string
  record: { name: string; value: string }
}

/** A step of a rotation, for programs. */
export type RotationJson =
  | { step: 'made' | 'waiting'; waiting: KeyJson[] }
  | { step: 'done'; active: string[]; retired: string[] }

/** Puts it so. */
export function keyJson({ key, record, publication }: KeyState): KeyJson {
  const { domain, selector, algorithm, active, createdAt } = key
  return {
    domain,
    selector,
    algorithm,
    active,
    created_at: new Date(createdAt).toISOString(),
    publication: publication.state,
    record,
  }
}

/** Puts it so. */
export function rotationJson(step: Rotation): RotationJson {
  if (step.type !== 'done') return { step: step.type, waiting: step.waiting.map(keyJson) }
  const selectors = (keys: readonly ToldKey[]): string[] => keys.map(({ selector }) => selector)
  return { step: 'done', active: selectors(step.active), retired: selectors(step.retired) }
}
