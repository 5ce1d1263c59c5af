import { WaybillError } from '../base/error.ts'
import type { BackupResult } from '../store/sqlite/backup.ts'
import { isDamaged } from '../store/problems.ts'
import { Restoration } from '../store/sqlite/restore.ts'
import { openSqliteStore } from '../store/sqlite/sqlite-store.ts'
import type { StoreCounts } from '../store/ports/store.ts'
import { type StoreFinding, type StoreReport, verifyStore } from '../store/sqlite/verify-store.ts'
import { type Actor, member, notMeant, type Operation, textMember } from './act.ts'

/** A backup that was made. */
export interface BackupMade extends BackupResult {
  /** Where it lies. */
  readonly to: string
}

/**
 * Writes down that a backup was made. Whoever makes one writes it: they may write there, and the
 * server that runs meanwhile must not wait for that disk. Only the store knows that it was done.
 */
export const backupMade: Operation<object, BackupMade, null> = {
  name: 'backup',
  read(input) {
    const count = (name: string): number => {
      const found = member(input, name)
      if (typeof found === 'number') return found
      throw notMeant('backup', `"${name}" as a number`)
    }
    return {
      to: textMember('backup', input, 'to'),
      messages: count('messages'),
      contents: count('contents'),
      missing: count('missing'),
    }
  },
  run: () => Promise.resolve(null),
  tell: (made) => ({ ...made }),
}

/** What came back. */
export interface Restored {
  readonly counts: StoreCounts
  /** The check that it went through. */
  readonly report: StoreReport
  /** Where lies what was there before; absent: nothing was. */
  readonly aside?: string
}

/**
 * Makes a backup the data of a folder again, after it was looked at whole: every content by its hash.
 * Of an older version it is brought up to date on the way. Leaves an act in it. What is numbered goes on
 * with numbers that nobody has heard of: of mailboxes a new UIDVALIDITY, of changes a gap.
 *
 * @param options.replace what is there is put aside; else there must be nothing
 * @throws WaybillError `data-in-use` while a server runs there, `usage` when there is data already,
 *   `store-broken` when the backup is not whole; what is there stays as it is then
 */
export async function restore(options: {
  readonly from: string
  readonly folder: string
  readonly replace: boolean
  readonly actor: Actor
  readonly now: number
  /** Called now and then with the octets checked so far. */
  readonly progress?: (octets: number) => void
}): Promise<Restored> {
  const { from, folder, replace, actor, now, progress } = options
  const restoration = beginFrom(from, { folder, replace })
  let counts: StoreCounts
  let report: StoreReport
  try {
    counts = await actIn(restoration.copy, { from, actor, now })
    restoration.renumber()
    report = await verifyStore({
      folder: restoration.copy,
      ...(progress === undefined ? {} : { progress }),
    })
    const [first] = report.findings.filter(isHarm)
    if (first !== undefined) throw notWhole(from, first, report)
  } catch (problem) {
    restoration.abandon()
    throw isDamaged(problem) ? damaged(from, problem) : problem
  }
  const aside = restoration.putInPlace(`before-restore-${stamp(now)}`)
  return { counts, report, ...(aside === undefined ? {} : { aside }) }
}

function beginFrom(
  from: string,
  to: { readonly folder: string; readonly replace: boolean },
): Restoration {
  try {
    return Restoration.begin({ from, ...to })
  } catch (problem) {
    throw isDamaged(problem) ? damaged(from, problem) : problem
  }
}

/** Nothing of a store that takes mail: no server runs here. */
function damaged(from: string, problem: unknown): WaybillError {
  const cause = problem instanceof WaybillError ? problem.cause : problem
  const why = cause instanceof Error ? cause.message : String(cause)
  return new WaybillError(
    'store-broken',
    `The backup in ${from} is not whole: ${why}. Nothing was changed.`,
    { cause, hint: 'Is an older backup whole?' },
  )
}

/** Opened once as a server would: that brings it up to date. */
async function actIn(
  folder: string,
  act: { readonly from: string; readonly actor: Actor; readonly now: number },
): Promise<StoreCounts> {
  const store = await openSqliteStore({ folder })
  try {
    const { by: who, door, why } = act.actor
    await store.acts.put({
      at: act.now,
      who,
      door,
      what: 'restore',
      why,
      detail: { from: act.from },
    })
    return await store.counts()
  } finally {
    await store.close()
  }
}

/** A file that nothing explains does no harm. */
function isHarm({ type }: StoreFinding): boolean {
  return type !== 'orphan'
}

function notWhole(
  from: string,
  first: StoreFinding,
  { findings, more }: StoreReport,
): WaybillError {
  const others = findings.filter(isHarm).length + more - 1
  const what = 'sha256' in first ? first.sha256 : 'detail' in first ? first.detail : first.path
  const rest = others > 0 ? `, and ${others} more` : ''
  return new WaybillError(
    'store-broken',
    `The backup in ${from} is not whole: ${first.type} ${what}${rest}. Nothing was changed.`,
    { hint: 'waybill verify-store --data FOLDER tells all of it. Is an older backup whole?' },
  )
}

/** `20261127T023045Z`: a time for the name of a folder. */
function stamp(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`
}
