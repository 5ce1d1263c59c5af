import assert from 'node:assert/strict'
import { test } from 'node:test'
import { labHint } from './lab-hint.ts'

test('of a domain of the lab it is said who knows it, and of no other', () => {
  for (const domain of ['south.example', 'no-mx.south.example', 'lists.example']) {
    const hint = labHint(domain, `waybill route bob@${domain}`)
    assert.match(hint ?? '', /: waybill route bob@\S+ --server 127\.0\.0\.1:1053$/)
  }
  for (const domain of ['example', 'example.com', 'my-south.example', 'south.example.com']) {
    assert.equal(labHint(domain, 'waybill route'), undefined, domain)
  }
})
