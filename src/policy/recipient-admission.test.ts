import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForwardPath } from '../address/path.ts'
import type { AskedFor } from '../receive/recipient.ts'
import { Greylist } from './greylist.ts'
import { greylisting } from './recipient-admission.ts'

test('strangers come twice, users and who writes to the postmaster do not', async () => {
  let now = 0
  const admission = greylisting(new Greylist({ delayMs: 60_000 }), () => now)
  const code = async (address: string, asked: Partial<AskedFor> = {}): Promise<unknown> => {
    const path = parseForwardPath(`<${address}>`)
    assert.ok(path.ok)
    const stranger = { by: 'stranger', ip: '192.0.2.10', mailFrom: 'x@north.example' } as const
    const lead = { type: 'mailbox', accounts: [{ id: 'a', address: 'a' }] } as const
    return (await admission.refusal({ path: path.value, ...stranger, ...asked }, lead))?.code
  }
  const ann = 'ann@south.example'
  assert.equal(await code(ann), 451)
  assert.equal(await code(ann, { by: 'user' }), undefined)
  assert.equal(await code('postmaster'), undefined)
  now = 60_000
  assert.equal(await code(ann), undefined)
  assert.equal(await code(ann, { ip: '192.0.3.10' }), 451, 'another network')
  assert.equal(await code(ann, { mailFrom: 'y@north.example' }), 451)
  assert.equal(await code('info@south.example'), 451, 'another recipient')
})
