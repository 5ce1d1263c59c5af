import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { root } from '../../docs/page.ts'
import { hashPassword } from '../../../src/io/password.ts'

/** A server of one's own that runs as people run it, with one account. */
export interface OwnServer {
  readonly page: string
  /** The file with the operator's token. */
  readonly tokenFile: string
  readonly config: string
}

export const ann = { address: 'ann@south.example', password: ' a password of Ann ' }

export async function startOwnServer(t: TestContext): Promise<OwnServer> {
  const folder = mkdtempSync(join(tmpdir(), 'waybill-own-'))
  const config = join(folder, 'waybill.toml')
  writeFileSync(
    config,
    `hostname = "mx.south.example"
domains = ["south.example"]
data = "${join(folder, 'data')}"
[listen]
address = "127.0.0.1"
[dns]
servers = ["127.0.0.1:1"]
[[account]]
address = "${ann.address}"
password_hash = "${await hashPassword(ann.password)}"
`,
  )
  const args = ['start', '--config', config, '--ports', 'auto', '--json', '--log', 'faults']
  const child = spawn(join(root, 'waybill'), args, { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true, force: true })
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const event = JSON.parse(line) as { ports?: Record<string, number>; token_file?: string }
    if (event.ports === undefined) continue
    child.stdout.resume()
    const { http } = event.ports
    return { page: `http://localhost:${http}`, tokenFile: event.token_file ?? '', config }
  }
  throw new Error('The server ended before it was ready.')
}
