import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Directory, Writers } from '../directory/directory.ts'
import type { Resolver } from '../dns/resolver.ts'
import type { JudgedLetter } from '../inspect/decide.ts'
import type { Post } from '../post/post.ts'
import type { Guard } from '../receive/guard.ts'
import type { InboundOptions } from '../receive/inbound-options.ts'
import type { MailHandlerOptions } from '../receive/mail-handler.ts'
import type { RecipientAdmission } from '../receive/recipient.ts'
import type { ContentIntake } from '../store/ports/contents.ts'
import type { SessionSettings } from './sessions.ts'

/** What sessions ask and tell. */
export interface SessionNeeds {
  readonly directory: Directory & Writers
  /** Who has a word about recipients beside the directory. */
  readonly admission: RecipientAdmission | undefined
  readonly guard: Guard
  readonly contents: ContentIntake
  readonly post: Pick<Post, 'accept' | 'newId' | 'place' | 'own'>
  readonly resolver: Resolver
  readonly clock: Clock
  /** Numbers in [0, 1) that nobody can guess. */
  readonly random: () => number
  /** See `InboundOptions.judged`. */
  readonly judged: ((letter: JudgedLetter) => void) | undefined
  readonly log: Log
  /** A fault of ours, for the log. */
  readonly report: (problem: unknown, where: string) => void
}

/** What the handler of a connection is made with. @param settings those that hold now */
export function handlerOptions(
  needs: SessionNeeds,
  settings: () => SessionSettings,
): MailHandlerOptions {
  const { directory, guard, contents, post, clock, log, report } = needs
  const refusedBytes = (): number | undefined => settings().rules.refusedBytes
  const { origin } = settings()
  return { origin, directory, guard, contents, post, clock, refusedBytes, log, report }
}

/** What a port for strangers is made with. @param settings those that hold now */
export function inboundOptions(
  needs: SessionNeeds,
  settings: () => SessionSettings,
): InboundOptions {
  const { directory, admission, resolver, clock, post, judged, report } = needs
  const { host: hostname } = settings().origin
  const rules = (): SessionSettings['rules'] => settings().rules
  const checks = { resolver, clock, judged, report }
  return { hostname, directory, admission, rules, post, ...checks }
}
