import type { CodeRule } from './rule.ts'

const noMailbox = { kind: 'no-such-mailbox' } as const
/** It is no word about the mailbox: of the way the address is written, or of its domain. */
const notThere = { ...noMailbox, advice: 'give-up' } as const
const proof = { kind: 'authentication-failed', trusted: true } as const
const garbled = { kind: 'protocol' } as const

/**
 * Subject and detail of enhanced codes (RFC 3463, the registry of RFC 5248), and what Exchange Online
 * uses beyond it. x.0.0, x.7.0, x.7.1 and x.5.0 say too little to be trusted; what is not here says
 * nothing.
 */
export const enhancedCodes: Readonly<Record<string, CodeRule>> = {
  '1.1': { ...noMailbox, trusted: true, says: 'x.1.1: no such mailbox.' },
  '1.2': { kind: 'dns', trusted: true, says: 'x.1.2: there is no such domain.' },
  '1.3': { ...notThere, trusted: true, says: 'x.1.3: the address is not written as one.' },
  '1.4': { ...notThere, says: 'x.1.4: the address stands for more than one mailbox.' },
  '1.6': { ...noMailbox, trusted: true, says: 'x.1.6: the mailbox has moved.' },
  '1.7': { kind: 'sender-refused', trusted: true, says: 'x.1.7: the sender is no address.' },
  '1.8': { kind: 'sender-refused', trusted: true, says: 'x.1.8: the domain of the sender is bad.' },
  '1.10': {
    ...notThere,
    says: 'x.1.10: the domain takes no mail (null MX); at Exchange no such recipient.',
  },
  '1.351': {
    ...noMailbox,
    says: 'x.1.351: Exchange was told by another server that there is no recipient.',
  },
  '2.1': { kind: 'mailbox-disabled', says: 'x.2.1: the mailbox is disabled.' },
  '2.2': { kind: 'mailbox-full', trusted: true, says: 'x.2.2: the mailbox is full.' },
  '2.3': { kind: 'too-big', trusted: true, says: 'x.2.3: the letter is too big for this mailbox.' },
  '3.1': { kind: 'system-full', trusted: true, says: 'x.3.1: the system is full.' },
  '3.2': { kind: 'try-later', scope: 'destination', says: 'x.3.2: the system takes no mail now.' },
  '3.3': { kind: 'unsupported', says: 'x.3.3: the system lacks a feature.' },
  '3.4': { kind: 'too-big', trusted: true, says: 'x.3.4: the letter is too big for the system.' },
  '4.1': { kind: 'network', says: 'x.4.1: a host does not answer.' },
  '4.2': { kind: 'network', says: 'x.4.2: a connection is bad.' },
  '4.3': { kind: 'dns', says: 'x.4.3: a directory or name server fails.' },
  '4.4': { kind: 'dns', says: 'x.4.4: there is no way to the domain.' },
  '4.5': { kind: 'try-later', scope: 'destination', says: 'x.4.5: the system is overloaded.' },
  '4.6': { kind: 'loop', trusted: true, says: 'x.4.6: the letter runs in a circle.' },
  '4.7': { kind: 'network', says: 'x.4.7: it was tried until its time was over.' },
  '4.14': { kind: 'loop', trusted: true, says: 'x.4.14: Exchange has found a circle.' },
  '4.310': { kind: 'dns', says: 'x.4.310: Exchange finds no such domain.' },
  '4.312': { kind: 'dns', says: 'x.4.312: Exchange got no answer from DNS.' },
  '4.316': { kind: 'network', says: 'x.4.316: Exchange could not connect.' },
  '4.317': { kind: 'network', says: 'x.4.317: Exchange could not connect.' },
  '5.1': { ...garbled, says: 'x.5.1: a command came at the wrong time.' },
  '5.2': { ...garbled, says: 'x.5.2: a command was not understood.' },
  '5.3': {
    kind: 'rate-limited',
    scope: 'recipient',
    advice: 'retry',
    says: 'x.5.3: too many recipients in one transaction.',
  },
  '5.4': { ...garbled, says: 'x.5.4: a parameter was not understood.' },
  '6.1': { kind: 'content', trusted: true, says: 'x.6.1: the kind of content is not taken.' },
  '6.2': { kind: 'content', says: 'x.6.2: the content would have to be converted.' },
  '6.3': { kind: 'unsupported', says: 'x.6.3: the content would have to be converted.' },
  '6.6': { kind: 'content', says: 'x.6.6: the content is not available.' },
  '6.7': {
    kind: 'unsupported',
    trusted: true,
    says: 'x.6.7: addresses beyond ASCII are not taken.',
  },
  '6.9': { kind: 'unsupported', says: 'x.6.9: UTF-8 in the header is not taken.' },
  '6.0': { kind: 'content', says: 'x.6.0: something is wrong with the content.' },
  '7.0': { kind: 'policy', only: 5, says: 'x.7.0: something about security or policy.' },
  '7.1': { kind: 'policy', only: 5, says: 'x.7.1: not authorised, which stands for any policy.' },
  '7.2': {
    kind: 'policy',
    scope: 'recipient',
    trusted: true,
    says: 'x.7.2: the list takes no mail from the sender.',
  },
  '7.8': { kind: 'login-wanted', trusted: true, says: 'x.7.8: the log-in was refused.' },
  '7.9': { kind: 'policy', says: 'x.7.9: a mechanism is too weak; at Yahoo any policy.' },
  '7.10': { kind: 'tls-wanted', trusted: true, says: 'x.7.10: encryption is wanted.' },
  '7.11': {
    kind: 'tls-wanted',
    trusted: true,
    says: 'x.7.11: encryption is wanted for the log-in.',
  },
  // RFC 4954 §6 and RFC 5248 have it for who logs in.
  '7.13': { kind: 'mailbox-disabled', advice: 'give-up', says: 'x.7.13: the account is disabled.' },
  // RFC 7293 §7: only a letter that asks whose the mailbox is gets these two.
  '7.17': { ...notThere, trusted: true, says: 'x.7.17: the mailbox has another owner.' },
  '7.18': { ...notThere, trusted: true, says: 'x.7.18: the domain has another owner.' },
  '7.20': { ...proof, says: 'x.7.20: no DKIM signature passes.' },
  '7.21': { ...proof, says: 'x.7.21: no acceptable DKIM signature passes.' },
  '7.22': { ...proof, says: 'x.7.22: no DKIM signature of the author passes.' },
  '7.23': { ...proof, says: 'x.7.23: SPF fails.' },
  '7.24': { ...proof, says: 'x.7.24: SPF could not be evaluated.' },
  '7.25': { kind: 'no-reverse-name', trusted: true, says: 'x.7.25: no reverse name.' },
  '7.26': { ...proof, says: 'x.7.26: more than one kind of proof fails.' },
  '7.27': {
    kind: 'sender-refused',
    trusted: true,
    says: 'x.7.27: the domain of the sender takes no mail.',
  },
  '7.28': { kind: 'rate-limited', says: 'x.7.28: too much mail at once.' },
  '7.29': { ...proof, says: 'x.7.29: ARC fails.' },
  '7.30': { kind: 'tls-wanted', trusted: true, says: 'x.7.30: REQUIRETLS cannot be kept.' },
  '7.57': { kind: 'login-wanted', trusted: true, says: 'x.7.57: Exchange wants a log-in.' },
  '7.64': {
    kind: 'relay-denied',
    trusted: true,
    says: 'x.7.64: Exchange Online has no customer with this domain.',
  },
  '7.124': {
    kind: 'policy',
    scope: 'recipient',
    says: 'x.7.124: the group takes no mail from the sender.',
  },
  '7.133': {
    kind: 'policy',
    scope: 'recipient',
    says: 'x.7.133: the group takes no mail from outside.',
  },
  '7.136': {
    kind: 'policy',
    scope: 'recipient',
    says: 'x.7.136: the mailbox takes no mail from outside.',
  },
  '7.501': { kind: 'reputation', says: 'x.7.501: Exchange Online has banned the sender for spam.' },
  '7.502': { kind: 'reputation', says: 'x.7.502: Exchange Online has banned the sender.' },
  '7.503': { kind: 'reputation', says: 'x.7.503: Exchange Online has banned the sender.' },
  '7.508': {
    kind: 'rate-limited',
    scope: 'ourselves',
    advice: 'pause-source',
    says: 'x.7.508: Exchange Online takes no more from our address for now.',
  },
  '7.509': { ...proof, says: 'x.7.509: Exchange Online says that DMARC fails.' },
  '7.511': {
    kind: 'listed',
    trusted: true,
    says: 'x.7.511: Exchange Online has banned our address.',
  },
  '7.512': { kind: 'content', says: 'x.7.512: Exchange Online finds the header wrong.' },
  '7.515': {
    ...proof,
    says: 'x.7.515: Exchange Online wants SPF, DKIM and DMARC of large senders.',
  },
  '7.606': {
    kind: 'listed',
    trusted: true,
    says: 'x.7.606: Exchange Online has banned our address.',
  },
  '7.650': {
    kind: 'rate-limited',
    scope: 'ourselves',
    advice: 'pause-source',
    says: 'x.7.650: Exchange Online takes fewer letters from our address.',
  },
}

/** Reply codes without other words (RFC 5321 §4.2.3, RFC 4954 §6, RFC 7504). */
export const replyCodes: Readonly<Record<number, CodeRule>> = {
  421: { kind: 'try-later', scope: 'destination', says: '421: the service ends the connection.' },
  450: { kind: 'try-later', says: '450: the mailbox cannot be used now.' },
  451: { kind: 'try-later', says: '451: an error while it worked on it.' },
  452: { kind: 'system-full', says: '452: too little room.' },
  454: { kind: 'try-later', says: '454: TLS or log-in not possible now.' },
  500: { kind: 'protocol', says: '500: a command was not understood.' },
  501: { kind: 'protocol', says: '501: a parameter was not understood.' },
  502: { kind: 'protocol', says: '502: a command is not there.' },
  503: { kind: 'protocol', says: '503: a command came at the wrong time.' },
  504: { kind: 'protocol', says: '504: a parameter is not there.' },
  521: { kind: 'relay-denied', says: '521: the host takes no mail.' },
  530: { kind: 'login-wanted', says: '530: it wants a log-in (or TLS) first.' },
  534: { kind: 'login-wanted', says: '534: the way of logging in is too weak.' },
  535: { kind: 'login-wanted', says: '535: the log-in was refused.' },
  538: { kind: 'tls-wanted', says: '538: it wants TLS before the log-in.' },
  550: { kind: 'unknown', says: '550: not done, for whatever reason.' },
  551: { ...notThere, says: '551: the user is not here.' },
  552: { kind: 'mailbox-full', says: '552: over the room that there is.' },
  553: { ...notThere, says: '553: the name of the mailbox is not allowed.' },
  554: { kind: 'unknown', says: '554: the transaction failed, for whatever reason.' },
  555: { kind: 'unsupported', says: '555: a parameter of MAIL or RCPT is not known.' },
  556: { kind: 'relay-denied', says: '556: the domain takes no mail.' },
}
