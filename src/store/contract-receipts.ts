import assert from 'node:assert/strict'
import {
  acceptance,
  journey,
  now,
  outgoing,
  storeTests,
  type OpenUnderTest,
} from './contract-cases.ts'
import { type NewReceipt, receiptMs } from './ports/receipts.ts'

const receipt: NewReceipt = {
  who: 'key ci',
  key: 'k1',
  request: 'a'.repeat(64),
  answer: '{"id":"JOURNEY1"}',
  at: now,
}

/** Receipts are put down with the letter, in one, and go after a day. */
export function registerReceiptTests(name: string, open: OpenUnderTest): void {
  const test = storeTests(name, open)
  test('a receipt is put down with its letter, and found by who asked and their key', async (store) => {
    await store.post.accept({ ...outgoing(), receipt })
    assert.deepEqual(await store.receipts.find('key ci', 'k1'), receipt)
    assert.equal(await store.receipts.find('key ci', 'k2'), undefined)
    assert.equal(await store.receipts.find('operator', 'k1'), undefined)
  })
  test('a key that is used already takes nothing of a second letter', async (store) => {
    await store.post.accept({ ...outgoing(), receipt })
    const again = acceptance({ journeys: [journey('JOURNEY2')] })
    await assert.rejects(store.post.accept({ ...again, receipt: { ...receipt, at: now + 1 } }))
    assert.deepEqual((await store.journeys.find('JOURNEY2')).type, 'none')
    assert.deepEqual(await store.receipts.find('key ci', 'k1'), receipt)
  })
  test('a receipt of more than a day ago makes room for another', async (store) => {
    await store.post.accept({ ...outgoing(), receipt })
    const later = { ...receipt, at: now + receiptMs + 1, answer: '{"id":"JOURNEY2"}' }
    await store.post.accept({ ...acceptance({ journeys: [journey('JOURNEY2')] }), receipt: later })
    assert.deepEqual(await store.receipts.find('key ci', 'k1'), later)
  })
}
