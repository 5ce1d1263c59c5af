import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { openServer } from '../../src/app/open-server.ts'
import { silent } from '../../src/base/log.ts'
import { openCatcher } from '../../src/catch/catcher.ts'
import { openCatcherConsole } from '../../src/catch/console.ts'
import { parseConfig } from '../../src/config/config.ts'
import { openLabConsole } from '../../src/lab/console.ts'
import { openLab } from '../../src/lab/lab.ts'
import { testFolder } from '../../src/store/test-folder.ts'
import { HeldApi } from './asking.ts'

const report = (problem: unknown, where: string): never => {
  return assert.fail(`${where}: ${String(problem)}`)
}
const taken = 'strict'
const free = { smtp: 0, submission: 0, submissions: 0 } as const

/** A server of one's own, whose DNS nobody answers: what is for elsewhere waits. */
export async function openOwn(
  t: TestContext,
): Promise<{ readonly api: HeldApi; readonly token: string }> {
  const { folder, remove } = testFolder()
  const read = parseConfig(
    `hostname = "mx.south.example"
     domains = ["south.example"]
     [listen]
     address = "127.0.0.1"
     [dns]
     servers = ["127.0.0.1:1"]
     [limits]
     wrong_passwords = 3`,
  )
  assert.ok(read.type === 'settings')
  const server = await openServer({
    settings: { ...read.settings, data: folder },
    autoPorts: true,
    log: silent,
    report,
    broken: (problem) => assert.fail(String(problem)),
  })
  t.after(async () => {
    await server.close()
    remove()
  })
  const { token } = server.token
  return { api: await HeldApi.open(server.ports.http ?? 0, token), token }
}

/** A catcher. */
export async function openCatch(t: TestContext): Promise<HeldApi> {
  const { folder, remove } = testFolder()
  const catcher = await openCatcher({ folder, ports: free, taken, faults: [], log: silent, report })
  const about = { folder, port: 0, version: '1', page: folder, taken, report } as const
  const doors = await openCatcherConsole(catcher, about)
  t.after(async () => {
    await doors.close()
    await catcher.close()
    remove()
  })
  return await HeldApi.open(doors.http)
}

/** The lab. */
export async function openTheLab(t: TestContext): Promise<HeldApi> {
  const { folder, remove } = testFolder()
  const lab = await openLab({ folder, ports: { ...free, dns: 0 }, taken, log: silent, report })
  const about = { folder, port: 0, version: '1', page: folder, taken, report } as const
  const doors = await openLabConsole(lab, about)
  t.after(async () => {
    await doors.close()
    await lab.close()
    remove()
  })
  return await HeldApi.open(doors.http)
}
