import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonLines, waybill } from '../../app/test-support/processes.ts'
import { silent } from '../../base/log.ts'
import { openLabConsole } from '../../lab/console.ts'
import { openLab } from '../../lab/lab.ts'
import { testFolder } from '../../store/test-folder.ts'

test('commands ask the lab that runs, and say so when none does', async (t) => {
  const { folder, remove } = testFolder()
  const data = ['--data', folder]
  const report = (problem: unknown, where: string): never =>
    assert.fail(`${where}: ${String(problem)}`)
  const ports = { smtp: 0, submission: 0, submissions: 0, dns: 0 }
  const lab = await openLab({ folder, ports, taken: 'strict', log: silent, report })
  const doors = await openLabConsole(lab, {
    folder,
    port: 0,
    version: '',
    page: folder,
    taken: 'strict',
    report,
  })
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    closing ??= doors.close().then(() => lab.close())
    return closing
  }
  t.after(async () => {
    await close()
    remove()
  })
  const ask = async (...args: readonly string[]): Promise<string> => {
    const { code, out, said } = await waybill(['lab', ...args, ...data])
    assert.equal(code, 0, said)
    return out + said
  }
  assert.match(
    await ask('send', 'hello'),
    /^hello: delivered\n {2}south +in +\.\/waybill show \S+ --data \S+\n/,
  )
  const changed = await ask('dns', '_dmarc.north.example', 'txt', 'v=DMARC1; p=none')
  assert.equal(changed, '_dmarc.north.example TXT v=DMARC1; p=none\n')
  assert.equal(
    await ask('dns', '_dmarc.north.example', 'TXT', '--remove'),
    'Nothing is published there.\n',
  )
  assert.match(await ask('dns', '_dmarc.north.example', '--reset'), /p=reject/)
  const clock = jsonLines(await waybill(['lab', 'clock', '--ahead', '2h', '--json', ...data]))
  assert.ok(JSON.stringify(clock).includes('"ahead_ms":7200000'), JSON.stringify(clock))
  assert.equal(
    await ask('fault', 'data:451+2s:50', 'auth:drop'),
    'data:451+2000ms:50\nauth:drop:100\n',
  )
  assert.equal(await ask('fault', '--none'), 'No faults are set.\n')
  assert.match(await ask('reset'), /^The lab is empty/)
  const wrong = await waybill(['lab', 'fault', 'rcpt:451', ...data])
  assert.deepEqual([wrong.code, wrong.out], [2, ''])
  await close()
  const gone = await waybill(['lab', 'clock', ...data])
  assert.equal(gone.code, 4)
  assert.match(gone.said, /No lab runs on /)
})
