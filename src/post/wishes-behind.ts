import type { DsnRequest } from '../store/ports/post.ts'
import type { Whereto } from './whereto.ts'

/*
 * What is told of an address of ours that leads to others. An alias answers to the sender, whose
 * reverse-path it keeps (RFC 3461 §5.2.7.2, §5.2.7.3); an account with a `forward` answers for its
 * further copy itself, as a list does (§5.2.7.1).
 */

/**
 * The account by whose `forward` alone a letter goes on there; `undefined`: an alias says so. The letter
 * was delivered when that account had it, and what becomes of its further copy is the account's own
 * business (RFC 3461 §5.2.7.1, as for a list): the sender asked nothing about it, and must not be told an
 * address that is nobody's but the owner's.
 */
export function ownerOf(to: Whereto, recipient: string): string | undefined {
  return to.type === 'forward' ? to.owners?.[recipient] : undefined
}

/** Where an address leads on to by an alias: to no `forward` of an account. */
export function ledOn(to: Whereto): readonly string[] {
  if (to.type !== 'forward') return []
  return to.to.filter((recipient) => ownerOf(to, recipient) === undefined)
}

/**
 * Whether an address leads to several, and not all of them are mailboxes here: what becomes of the
 * copies is known later and elsewhere. RFC 3464 §2.3.3, `expanded`.
 */
export function isExpanded(to: Whereto): boolean {
  if (to.type === 'remote') return false
  const onward = ledOn(to).length
  const elsewhere = onward + to.accounts.filter(({ handedOn }) => handedOn === true).length
  return elsewhere > 0 && to.accounts.length + onward > 1
}

/** Whether a letter to an address is delivered when it is filed here; accounts may have copies sent on. */
export function isDeliveredHere(to: Whereto): boolean {
  if (to.type === 'remote' || ledOn(to).length > 0 || to.accounts.length === 0) return false
  return to.accounts.every(({ handedOn }) => handedOn !== true)
}

/** Whether all that an address leads to are mailboxes here. */
export function endsHere(to: Whereto): boolean {
  return to.type === 'mailbox' && to.accounts.every(({ handedOn }) => handedOn !== true)
}

/**
 * The wishes that go on with each copy. One copy takes all of them (RFC 3461 §5.2.7.2). Several copies
 * are not asked for success any more, because the sender is told once that it was expanded (§5.2.7.3,
 * way c); who asked for nothing else gets nothing else: no NOTIFY would mean failures (§4.1).
 */
export function wishesBehind(dsn: DsnRequest, to: Whereto): DsnRequest {
  if (!isExpanded(to) || dsn.notify?.includes('success') !== true) return dsn
  const rest = dsn.notify.filter((when) => when !== 'success')
  return { ...dsn, notify: rest.length === 0 ? ['never'] : rest }
}
