import { after, test } from 'node:test'
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeUtf8 } from '../base/octets.ts'
import { readUnpacked, type Report } from '../report/reading.ts'
import { ReportFiles } from './report-files.ts'

const root = mkdtempSync(join(tmpdir(), 'waybill-report-files-'))
after(() => rmSync(root, { recursive: true }))

function report(id: string, day: number): Report {
  const xml = `<feedback><report_metadata><org_name>Mail Co</org_name><email>r@mail.example</email>
    <report_id>${id}</report_id><date_range><begin>${day}</begin><end>${day + 10}</end></date_range>
    </report_metadata></feedback>`
  const [read] = readUnpacked({ name: '', octets: encodeUtf8(xml) })
  assert.ok(read !== undefined && read.type !== 'unreadable')
  return read
}

test('a report is kept whole, once, for its owner only', async () => {
  const folder = join(root, 'kept/reports')
  const files = new ReportFiles(folder)
  assert.deepEqual(await files.list(), [])
  const one = report('a', 100)
  const { id, known } = await files.save(one)
  assert.equal(known, false)
  assert.deepEqual(await files.save(report('a', 100)), { id, known: true })
  assert.deepEqual(readdirSync(folder), [`${id}.json`])
  assert.equal(statSync(join(folder, `${id}.json`)).mode & 0o77, 0)
  assert.deepEqual(await files.find(id), { type: 'found', id, report: one })
  assert.deepEqual(await files.find(id.slice(0, 4)), { type: 'found', id, report: one })
  const stored: unknown = JSON.parse(readFileSync(join(folder, `${id}.json`), 'utf8'))
  assert.deepEqual((stored as { report: unknown }).report, one)
})

test('the list has the latest period first, and no report has to be read whole', async () => {
  const folder = join(root, 'list')
  const files = new ReportFiles(folder)
  for (const [name, day] of [
    ['a', 100],
    ['b', 300],
    ['c', 200],
  ] as const) {
    await files.save(report(name, day))
  }
  const list = await files.list()
  assert.deepEqual(
    list.map(({ reportId, begin, reporter }) => [reportId, begin, reporter]),
    [
      ['b', 300, 'Mail Co'],
      ['c', 200, 'Mail Co'],
      ['a', 100, 'Mail Co'],
    ],
  )
  const [first] = list
  assert.ok(first !== undefined)
  const path = join(folder, `${first.id}.json`)
  writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20))
  assert.equal((await files.list()).length, 3)
  await assert.rejects(files.find(first.id), { code: 'store-broken' })
})

test('reports of one period stand in the order of their ids', async () => {
  const files = new ReportFiles(join(root, 'same'))
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) await files.save(report(name, 100))
  const ids = (await files.list()).map(({ id }) => id)
  assert.equal(ids.length, 8)
  assert.deepEqual(ids, ids.toSorted())
})

test('what is no report is passed over, and told', async () => {
  const folder = join(root, 'odd')
  const files = new ReportFiles(folder)
  const { id } = await files.save(report('a', 100))
  writeFileSync(join(folder, `${'0'.repeat(16)}.json`), 'not JSON,\n')
  writeFileSync(join(folder, `${'1'.repeat(16)}.json`), '{"summary":{"kind":"moon"},\n')
  writeFileSync(join(folder, `${'2'.repeat(16)}.json`), '')
  writeFileSync(join(folder, 'notes.txt'), 'mine')
  const others: string[] = []
  assert.deepEqual(
    (await files.list((path) => others.push(path))).map((one) => one.id),
    [id],
  )
  assert.deepEqual(
    others.toSorted(),
    ['0', '1', '2'].map((digit) => join(folder, `${digit.repeat(16)}.json`)),
  )
})

test('a report that 0.1.0 kept does not say whether it was read in part', async () => {
  const folder = join(root, 'older')
  const files = new ReportFiles(folder)
  const { id } = await files.save(report('a', 100))
  const path = join(folder, `${id}.json`)
  const text = readFileSync(path, 'utf8')
  assert.match(text, /"partial":false/)
  const partialOf = async (written: string): Promise<readonly boolean[]> => {
    writeFileSync(path, written)
    return (await files.list()).map(({ partial }) => partial)
  }
  assert.deepEqual(await partialOf(text.replace(',"partial":false', '')), [false])
  assert.deepEqual(await partialOf(text.replace('"partial":false', '"partial":true')), [true])
})

test('an id is found by its beginning, and nothing else is a file', async () => {
  const folder = join(root, 'find')
  const files = new ReportFiles(folder)
  assert.deepEqual(await files.find('abcd'), { type: 'none' })
  const { id } = await files.save(report('a', 100))
  const twin = `${id.slice(0, 8)}${id.slice(8).replace(/./g, '0')}`
  writeFileSync(join(folder, `${twin}.json`), '')
  const found = await files.find(id.slice(0, 6))
  assert.equal(found.type, 'ambiguous')
  for (const ref of ['', 'abc', '../../etc/passwd', 'g'.repeat(16), `${id}0`]) {
    assert.deepEqual(await files.find(ref), { type: 'none' })
  }
})

test('of many at once, each is there whole', async () => {
  const files = new ReportFiles(join(root, 'many'))
  const reports = Array.from({ length: 20 }, (_, i) => report(String(i % 10), 100))
  await Promise.all(reports.map((one) => files.save(one)))
  const list = await files.list()
  assert.equal(list.length, 10)
  for (const { id } of list) assert.equal((await files.find(id)).type, 'found')
})

test('a report is durable, with its name and the folders that were made for it', async () => {
  const synced: string[] = []
  const folder = join(root, 'durable/reports')
  const files = new ReportFiles(folder, (path) => {
    // What is flushed is there already, under its last name.
    const [first = ''] = readdirSync(path).filter((name) => !name.startsWith('.'))
    assert.notEqual(first, '')
    synced.push(path.slice(root.length))
  })
  await files.save(report('a', 100))
  assert.deepEqual(synced.splice(0), ['', '/durable', '/durable/reports'])
  await files.save(report('a', 100))
  assert.deepEqual(synced, [], 'it was there')
  await files.save(report('b', 100))
  assert.deepEqual(synced, ['/durable/reports'])
})

test('whole reports are read until there are enough octets; what has gone is left out', async () => {
  const folder = join(root, 'many')
  const files = new ReportFiles(folder)
  const ids: string[] = []
  for (const id of ['1', '2', '3']) ids.push((await files.save(report(id, 100))).id)
  const sizes = ids.map((id) => statSync(join(folder, `${id}.json`)).size)
  const names = async (list: readonly string[], octets: number) => {
    const read = await files.readMany(list, octets)
    return read.map((one) => (one.type === 'aggregate' ? one.reportId : ''))
  }
  const two = (sizes[0] ?? 0) + (sizes[1] ?? 0)
  assert.deepEqual(await names(ids, two), ['1', '2'])
  assert.deepEqual(await names(ids, two - 1), ['1'])
  assert.deepEqual(await names([...ids, 'f'.repeat(16)], 1e9), ['1', '2', '3'])
})
