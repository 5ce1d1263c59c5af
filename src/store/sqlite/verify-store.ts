import { createHash } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { codeOf } from '../../base/error.ts'
import { filesBelow, isContentName, isSpoolName } from './content-files.ts'
import { contentPath, type DataFolder, dataFolder } from '../data-folder.ts'
import { type Database, integer, octets, openDatabase, type Row, text } from './database.ts'
import { checkThere } from './folder-watch.ts'
import { storeProblem } from '../problems.ts'
import { hashOctets, hashText } from './rows.ts'
import { checkKnown } from './schema.ts'
import { rowFindings } from './verify-rows.ts'

/** Something that is not as it should be. Plain data, its words are part of `--json`. */
export type StoreFinding =
  /** A content is not there, or not to be read. `messages`: some of those that are made of it. */
  | {
      readonly type: 'missing' | 'unreadable' | 'damaged'
      readonly sha256: string
      readonly messages: readonly string[]
      readonly detail: string
    }
  /** A file that no row explains. It may be mail of a database that was lost. */
  | { readonly type: 'orphan'; readonly path: string; readonly octets: number }
  /** Rows that refer to nothing. */
  | { readonly type: 'reference'; readonly detail: string }
  /** What SQLite finds wrong in its file. */
  | { readonly type: 'database'; readonly detail: string }

export interface StoreReport {
  /** What was looked at. */
  readonly contents: number
  readonly octets: number
  readonly messages: number
  readonly journeys: number
  /** At most `maxFindings`; `more` is how many were found beyond. */
  readonly findings: readonly StoreFinding[]
  readonly more: number
}

const maxFindings = 1000
const pageRows = 100
const chunkBytes = 1024 * 1024
const someMessages = 5

/**
 * Looks at all that is stored: the database by its own check, every reference, every content by its
 * hash, and every file for a row. Changes nothing, and may run beside a server: what comes or goes
 * meanwhile is no finding. As long as the disk takes to read everything once.
 *
 * Throws `not-found` when there is no data or it may not be read, `store-broken` when the database is lost or cannot be
 * read at all.
 */
export async function verifyStore(options: {
  readonly folder: string
  /** Called now and then with the octets read so far. */
  readonly progress?: (octets: number) => void
}): Promise<StoreReport> {
  const folder = dataFolder(options.folder)
  checkThere(folder, 'Name the right folder with --data.')
  let database: Database | undefined
  try {
    database = openDatabase(folder.database, { readOnly: true, busyTimeoutMs: 5000 })
    checkKnown(database)
    return await new Verification(folder, database, options.progress).run()
  } catch (error) {
    throw storeProblem(error) ?? error
  } finally {
    database?.close()
  }
}

class Verification {
  readonly #folder: DataFolder
  readonly #database: Database
  readonly #progress: (octets: number) => void
  readonly #findings: StoreFinding[] = []
  #more = 0
  #contents = 0
  #octets = 0

  constructor(
    folder: DataFolder,
    database: Database,
    progress: (octets: number) => void = () => undefined,
  ) {
    this.#folder = folder
    this.#database = database
    this.#progress = progress
  }

  async run(): Promise<StoreReport> {
    await this.#asFarAsItCanBeRead(() => this.#checkDatabase())
    await this.#asFarAsItCanBeRead(() => this.#checkHooks(), 'hooks.db: ')
    await this.#asFarAsItCanBeRead(() => this.#checkReferences())
    await this.#asFarAsItCanBeRead(() => this.#checkContents())
    await this.#asFarAsItCanBeRead(() => this.#checkFiles())
    return {
      contents: this.#contents,
      octets: this.#octets,
      messages: await this.#count('message'),
      journeys: await this.#count('journey'),
      findings: this.#findings,
      more: this.#more,
    }
  }

  #found(finding: StoreFinding): void {
    if (this.#findings.length < maxFindings) this.#findings.push(finding)
    else this.#more++
  }

  /** A damaged page ends one part and not the others. */
  async #asFarAsItCanBeRead(
    check: () => void | Promise<void>,
    where: '' | 'hooks.db: ' = '',
  ): Promise<void> {
    try {
      await check()
    } catch (error) {
      const problem = storeProblem(error)
      if (problem?.code !== 'store-broken') throw error
      const detail = error instanceof Error ? error.message : problem.message
      this.#found({ type: 'database', detail: `${where}a part cannot be read: ${detail}` })
    }
  }

  async #count(table: 'message' | 'journey'): Promise<number> {
    let count = 0
    await this.#asFarAsItCanBeRead(() => {
      count = integer(this.#database.get(`SELECT count(*) AS n FROM ${table}`) ?? {}, 'n')
    })
    return count
  }

  #checkDatabase(): void {
    for (const row of this.#database.all(`PRAGMA integrity_check(${maxFindings})`)) {
      const detail = text(row, 'integrity_check')
      if (detail !== 'ok') this.#found({ type: 'database', detail })
    }
  }

  #checkHooks(): void {
    const { hooks } = this.#folder
    if (!existsSync(hooks)) return
    const database = openDatabase(hooks, { readOnly: true, busyTimeoutMs: 5000 })
    try {
      for (const row of database.all(`PRAGMA integrity_check(${maxFindings})`)) {
        const detail = text(row, 'integrity_check')
        if (detail !== 'ok') this.#found({ type: 'database', detail: `hooks.db: ${detail}` })
      }
    } finally {
      database.close()
    }
  }

  #checkReferences(): void {
    for (const detail of rowFindings(this.#database)) this.#found({ type: 'reference', detail })
  }

  async #checkContents(): Promise<void> {
    let after = 0
    for (;;) {
      const rows = this.#database.all(
        `SELECT key, sha256, size, octets IS NULL AS in_file FROM content
          WHERE key > ? ORDER BY key LIMIT ?`,
        after,
        pageRows,
      )
      for (const row of rows) {
        after = integer(row, 'key')
        await this.#checkContent(row)
        this.#progress(this.#octets)
      }
      if (rows.length < pageRows) return
    }
  }

  async #checkContent(row: Row): Promise<void> {
    const [key, size] = [integer(row, 'key'), integer(row, 'size')]
    const sha256 = hashText(row, 'sha256')
    const seen =
      integer(row, 'in_file') === 1 ? await this.#readFile(sha256) : this.#readInline(key)
    // It went with its last message meanwhile.
    if (seen === undefined || !this.#isThere(key)) return
    this.#contents++
    this.#octets += 'octets' in seen ? seen.octets : 0
    const messages = this.#messagesOf(key)
    if (seen.type !== 'read') {
      this.#found({ type: seen.type, sha256, messages, detail: seen.detail })
    } else if (seen.octets !== size) {
      const detail = `${seen.octets} octets instead of ${size}`
      this.#found({ type: 'damaged', sha256, messages, detail })
    } else if (seen.sha256 !== sha256) {
      const detail = `its octets have the hash ${seen.sha256}`
      this.#found({ type: 'damaged', sha256, messages, detail })
    }
  }

  #isThere(content: number): boolean {
    return this.#database.get('SELECT 1 FROM content WHERE key = ?', content) !== undefined
  }

  #messagesOf(content: number): readonly string[] {
    const sql = 'SELECT id FROM message WHERE content = ? LIMIT ?'
    return this.#database.all(sql, content, someMessages).map((row) => text(row, 'id'))
  }

  #readInline(content: number): Seen | undefined {
    const row = this.#database.get('SELECT octets FROM content WHERE key = ?', content)
    if (row === undefined) return undefined
    const found = octets(row, 'octets')
    const sha256 = createHash('sha256').update(found).digest('hex')
    return { type: 'read', octets: found.length, sha256 }
  }

  async #readFile(sha256: string): Promise<Seen> {
    const path = contentPath(this.#folder, sha256)
    try {
      // A pipe would be waited for for ever.
      if (statSync(path).isFile() !== true) return { type: 'unreadable', detail: 'it is no file' }
      const file = await open(path)
      try {
        const hash = createHash('sha256')
        const chunk = new Uint8Array(chunkBytes)
        let size = 0
        for (;;) {
          const { bytesRead } = await file.read(chunk)
          if (bytesRead === 0) return { type: 'read', octets: size, sha256: hash.digest('hex') }
          hash.update(chunk.subarray(0, bytesRead))
          size += bytesRead
        }
      } finally {
        await file.close()
      }
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      return { type: codeOf(error) === 'ENOENT' ? 'missing' : 'unreadable', detail }
    }
  }

  /**
   * Files without a row, wherever they lie. Those that are also in the spool are being placed, or
   * were by a crash; and in the spool is what is just coming.
   */
  #checkFiles(): void {
    const { content, spool } = this.#folder
    for (const { name, path } of existsSync(content) ? filesBelow(content) : []) {
      const size = lstatSync(path, { throwIfNoEntry: false })?.size
      // Asked behind the look at the file: what is committed since has its row.
      if (size === undefined || this.#isExplained(name, path)) continue
      this.#found({ type: 'orphan', path, octets: size })
    }
    for (const { name, path } of existsSync(spool) ? filesBelow(spool) : []) {
      const size = lstatSync(path, { throwIfNoEntry: false })?.size
      if (size === undefined || isSpoolName(name)) continue
      this.#found({ type: 'orphan', path, octets: size })
    }
  }

  #isExplained(name: string, file: string): boolean {
    if (!isContentName(name) || file !== contentPath(this.#folder, name)) return false
    const hash = hashOctets(name)
    const row = 'SELECT 1 FROM content WHERE sha256 = ? AND octets IS NULL'
    if (this.#database.get(row, hash) !== undefined) return true
    const tables = "SELECT 1 FROM sqlite_schema WHERE name = 'leaving_content'"
    const leaving = 'SELECT 1 FROM leaving_content WHERE sha256 = ?'
    if (this.#database.get(tables) !== undefined && this.#database.get(leaving, hash)) return true
    const place = statSync(file, { bigint: true, throwIfNoEntry: false })
    if (place === undefined) return true
    return existsSync(this.#folder.spool)
      ? readdirSync(this.#folder.spool).some((one) => {
          const path = join(this.#folder.spool, one)
          return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino === place.ino
        })
      : false
  }
}

type Seen =
  | { readonly type: 'read'; readonly octets: number; readonly sha256: string }
  | { readonly type: 'missing' | 'unreadable'; readonly detail: string }
