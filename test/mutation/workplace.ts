import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'

/** How a run of tests or of the compiler ended. */
export type Ran = 'passed' | 'failed' | 'too long'

/** A copy of the tree that may be changed, with the packages and the conformance data of the real one. */
export class Workplace {
  readonly root: string
  readonly #parent: string

  constructor(source: string, files: readonly string[]) {
    this.#parent = mkdtempSync(join(tmpdir(), 'waybill-mutate-'))
    // Some tests become another user, who must be able to read the program.
    chmodSync(this.#parent, 0o755)
    this.root = join(this.#parent, 'tree')
    for (const file of files) {
      mkdirSync(dirname(join(this.root, file)), { recursive: true })
      cpSync(join(source, file), join(this.root, file))
    }
    const linked = [
      [join(source, 'node_modules'), join(this.root, 'node_modules')],
      [join(source, 'dist'), join(this.root, 'dist')],
      [join(source, '..', 'shared'), join(this.#parent, 'shared')],
    ] as const
    for (const [target, link] of linked) if (existsSync(target)) symlinkSync(target, link)
  }

  /** Runs test files in one process, which is ended when it takes longer than `timeoutMs`. */
  test(tests: readonly string[], timeoutMs: number): Promise<Ran> {
    const seed = pathToFileURL(join(this.root, 'scripts', 'property-seed.mjs')).href
    return this.#run(process.execPath, timeoutMs, [
      '--test',
      '--test-isolation=none',
      '--test-reporter=tap',
      '--conditions=waybill-source',
      '--disable-warning=ExperimentalWarning',
      `--import=${seed}`,
      ...tests,
    ])
  }

  /** Whether the tree still compiles. */
  compile(): Promise<Ran> {
    const compiler = join(this.root, 'node_modules', '.bin', 'tsc')
    return this.#run(compiler, 120_000, ['-p', 'tsconfig.json', '--noEmit'])
  }

  remove(): void {
    rmSync(this.#parent, { recursive: true, force: true })
  }

  #run(command: string, timeoutMs: number, args: readonly string[]): Promise<Ran> {
    return new Promise((resolve) => {
      // A group of its own, so that what a test started ends with it.
      const child = spawn(command, args, {
        cwd: this.root,
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
      })
      const end = (ran: Ran): void => {
        clearTimeout(timer)
        if (child.pid !== undefined)
          spawnSync('kill', ['-9', '--', `-${child.pid}`], { stdio: 'ignore' })
        resolve(ran)
      }
      const timer = setTimeout(() => end('too long'), timeoutMs)
      // The first test that fails is enough: what it left open may keep the others for ever.
      const lines = createInterface({ input: child.stdout })
      lines.on('line', (line) => {
        if (/^ *not ok /.test(line)) end('failed')
      })
      child.on('close', (code) => end(code === 0 ? 'passed' : 'failed'))
      child.on('error', () => end('failed'))
    })
  }
}
