import assert from 'node:assert/strict'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Octets that are held now. What is held is only known when the rest is gone; buffers go a turn after
 * who held them.
 */
export async function heldNow(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  assert.ok(typeof collect === 'function')
  for (let turn = 0; turn < 4; turn++) {
    collect()
    await new Promise((next) => setImmediate(next))
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
