import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A folder for one test. In memory where Linux offers that: whether an fsync reaches a disk cannot
 * be tested anyway, and there are hundreds of them.
 */
export function testFolder(): { readonly folder: string; readonly remove: () => void } {
  const parent = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const folder = mkdtempSync(join(parent, 'waybill-store-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
