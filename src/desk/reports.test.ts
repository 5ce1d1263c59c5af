import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { encodeUtf8 } from '../base/octets.ts'
import { ReportDesk } from './reports.ts'

/** A thread that reads nothing, and answers with what it was asked. */
const echo = `
  const { parentPort } = require('node:worker_threads')
  parentPort.on('message', ({ number, task }) => {
    const octets = new TextEncoder().encode(JSON.stringify(task))
    const answers = {
      keep: { type: 'kept', kept: [{ name: task.file?.name, result: 'unreadable', problems: [] }] },
      overview: { type: 'overview', overview: { sources: [], unread: task.ids?.length } },
      show: { type: 'shown', octets },
    }
    parentPort.postMessage({ number, ok: true, answer: answers[task.type] })
  })
`

test('whatever has to be read of reports is read by the thread', async () => {
  const desk = new ReportDesk('/nowhere', () => new Worker(echo, { eval: true }))
  const kept = await desk.keep({ name: 'a.xml', octets: encodeUtf8('<feedback>') })
  assert.deepEqual(kept, [{ name: 'a.xml', result: 'unreadable', problems: [] }])
  assert.equal((await desk.overview(['1', '2'])).unread, 2)
  const shown = JSON.parse(new TextDecoder().decode(await desk.show('6b81', ['tls'])))
  assert.deepEqual(shown, { type: 'show', ref: '6b81', kinds: ['tls'] })
})

test('what it reads it reads in the data folder, and what is not there is told as that', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-reports-'))
  const desk = new ReportDesk(folder)
  const octets = encodeUtf8('no report')
  const [one] = await desk.keep({ name: 'a.txt', octets })
  assert.equal(one?.result, 'unreadable')
  assert.equal(octets.length, 9, 'they are still whose they were')
  await assert.rejects(desk.show('6b81', ['tls']), { code: 'not-found' })
  rmSync(folder, { recursive: true, force: true })
})
