import { fork, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import type { Suppression } from '../../../src/suppression/suppression.ts'
import { root } from '../../docs/page.ts'

/** Names, each with its records by their type. */
export type TestZone = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>

/** A server of one's own with a page, in a process of its own. */
export interface OwnServer {
  /** Where its page is. */
  readonly page: string
  /** From now on its DNS says this. */
  readonly setZone: (zone: TestZone) => void
  /** Puts addresses on the list of those that nothing is sent to, as reports do. */
  readonly suppress: (some: readonly Suppression[]) => Promise<void>
  /** Sends JSON to a path of its API, or a file. */
  readonly post: (path: string, body: string) => Promise<void>
  /** What a path of its API answers. */
  readonly ask: (path: string) => Promise<unknown>
}

export async function startOwnServer(t: TestContext, zone: TestZone = {}): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-own-page-'))
  const built = spawnSync(process.execPath, [join(root, 'scripts', 'console.mjs'), folder])
  if (built.status !== 0) throw new Error(built.stderr.toString())
  const child = fork(join(root, 'src', 'http', 'test-support', 'page-server.ts'), [folder])
  t.after(async () => {
    const ended = once(child, 'exit')
    child.kill()
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  child.send({ zone })
  const [{ port }] = (await once(child, 'message')) as [{ readonly port: number }]
  const page = `http://localhost:${port}`
  return {
    page,
    setZone: (next) => void child.send({ zone: next }),
    async suppress(some) {
      child.send({ suppress: some })
      await once(child, 'message')
    },
    async post(path, body) {
      const headers = { 'content-type': 'application/json' }
      const answer = await fetch(`${page}${path}`, { method: 'POST', headers, body })
      if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
    },
    ask: async (path) => (await (await fetch(`${page}${path}`)).json()) as unknown,
  }
}
