import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { strToU8, zipSync } from 'fflate'
import { type FoundReport, maxReportFile, readReports } from './report-reader.ts'

function xml(id: string): string {
  return `<feedback><report_metadata><report_id>${id}</report_id></report_metadata></feedback>`
}

/** A message with these files, each in base64. */
function mail(...files: readonly (readonly [name: string, octets: Uint8Array | string])[]): string {
  const parts = files.map(([name, octets]) => {
    const type = 'Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64'
    const disposition = `Content-Disposition: attachment; filename="${name}"`
    return `--b\n${type}\n${disposition}\n\n${Buffer.from(octets).toString('base64')}\n`
  })
  return `Content-Type: multipart/mixed; boundary=b\n\n${parts.join('')}--b--\n`
}

/** The ids of the reports, and the codes of what could not be read. */
function told(found: readonly FoundReport[]): readonly string[] {
  return found.map(({ name, reading }) => {
    if (reading.type === 'aggregate') return `${name} ${reading.reportId}`
    if (reading.type !== 'unreadable') return `${name} ${reading.type}`
    return `${name} ${reading.problems.map(({ code }) => code).join()}`
  })
}

async function read(octets: Uint8Array | string, name = ''): Promise<readonly string[]> {
  return told(await readReports({ name, octets: Buffer.from(octets) }))
}

const letter = 'Subject: hi\n\nNothing.\n'
const two = zipSync({ 'a.xml': strToU8(xml('a')), 'b.xml': strToU8(xml('b')) })
const packedMail = zipSync({ 'm.eml': strToU8(mail(['a', xml('a')])) })
const cases: readonly (readonly [string, Uint8Array | string, readonly string[]])[] = [
  ['a file', xml('a'), ['f a']],
  ['two reports in a file', xml('a') + xml('b'), ['f a', 'f b']],
  ['an archive', two, ['a.xml a', 'b.xml b']],
  ['a letter', letter, ['f not-a-report']],
  ['a letter that is packed', gzipSync(letter), ['f not-a-report']],
  ['files in a message', mail(['a', xml('a')], ['b', xml('b') + xml('c')]), ['a a', 'b b', 'b c']],
  ['a report beside a picture', mail(['x.svg', '<svg/>'], ['a', xml('a')]), ['a a']],
  ['pictures', mail(['x', '<svg/>'], ['y', '<svg/>']), ['x not-a-report', 'y not-a-report']],
  [
    'a report beside a broken one',
    mail(['a', xml('a')], ['b.gz', gzipSync(xml('b')).subarray(0, 11)]),
    ['a a', 'b.gz archive'],
  ],
  ['a message in an archive', packedMail, ['a a']],
  ['a message in an archive in a message', mail(['m.zip', packedMail]), ['a a']],
  ['an archive in an archive', zipSync({ 'a.gz': gzipSync(xml('a')) }), ['f archive']],
]

for (const [what, octets, expected] of cases) {
  test(`${what}: ${expected.join(', ')}`, async () => {
    assert.deepEqual(await read(octets, 'f'), expected)
  })
}

test('messages that are packed in each other are read to a depth, and told of behind it', async () => {
  let packed: Uint8Array | string = mail(['a', xml('a')])
  const answers: string[] = []
  for (let depth = 1; depth <= 5; depth++) {
    packed = mail(['m.gz', gzipSync(packed)])
    answers.push(...(await read(packed)))
  }
  assert.deepEqual(answers, ['a a', 'a a', 'a a', 'm not-a-report', 'm not-a-report'])
})

test('what is wrong with an archive is wrong with each report in it', async () => {
  const octets = zipSync({ 'a.xml': strToU8(xml('a')), 'b.gz': gzipSync('x') })
  const [found, ...others] = await readReports({ name: 'f.zip', octets })
  assert.deepEqual(others, [])
  if (found === undefined) assert.fail('a report is found')
  assert.equal(found.reading.problems[0]?.code, 'archive')
})

test('what is over a limit of a message is told beside its reports', async () => {
  const many = Array.from({ length: 101 }, (_, i) => [`${i}`, xml(`${i}`)] as const)
  const found = await read(mail(...many), 'f')
  assert.equal(found.length, 101)
  assert.equal(found.at(-1), 'f too-large')
})

test('a file has a limit', async () => {
  const octets = new Uint8Array(maxReportFile + 1).fill(32)
  octets.set(strToU8(xml('a')))
  const over = await readReports({ name: 'f', octets })
  assert.match(JSON.stringify(over), /"too-large".*The file has 50331649 octets/)
  const most = await readReports({ name: 'f', octets: octets.subarray(0, maxReportFile) })
  assert.match(JSON.stringify(most), /"too-large".*The report has 50331648 octets/)
})
