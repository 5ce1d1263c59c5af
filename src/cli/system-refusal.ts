/** What the operating system did not let the program do, in a sentence, and what to do about it. */
export interface SystemRefusal {
  readonly sentence: string
  readonly hint: string
}

const rights: SystemRefusal = {
  sentence: 'this user may not open it',
  hint: 'Run this as the user whom it belongs to (sudo -u USER …), or as root.',
}
const full: SystemRefusal = { sentence: 'the disk is full', hint: 'Make room, and try again.' }
const refusals: Readonly<Record<string, SystemRefusal>> = {
  EACCES: rights,
  EPERM: rights,
  ENOSPC: full,
  EDQUOT: { ...full, sentence: 'the quota of this user is used up' },
  EROFS: { sentence: 'the disk is read-only', hint: 'Name a place that can be written.' },
  EIO: { sentence: 'the disk does not answer as it should', hint: 'The kernel log tells more.' },
  EMFILE: {
    sentence: 'too many files are open',
    hint: 'Raise the limit of open files (ulimit -n).',
  },
}

/** Rights, room and the disk itself, which no command can know before; `undefined` for all else. */
export function refusedByTheSystem(problem: unknown): SystemRefusal | undefined {
  if (!(problem instanceof Error) || !('code' in problem)) return undefined
  const refusal = refusals[String(problem.code)]
  if (refusal === undefined) return undefined
  const what = 'path' in problem ? String(problem.path) : 'a file or the output'
  return { ...refusal, sentence: `Cannot read or write ${what}: ${refusal.sentence}.` }
}
