import { hash } from 'node:crypto'
import type { NewContent } from './ports/post.ts'

/** Content of octets that are in memory as a whole. */
export function contentOf(octets: Uint8Array): NewContent {
  const sha256 = hash('sha256', octets, 'hex')
  return { sha256, size: octets.length, source: { type: 'octets', octets } }
}
