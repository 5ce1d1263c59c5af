import {
  type AddressFilter,
  formsOf,
  type JourneyFilter,
  messageIdForms,
} from '../journey/filter.ts'
import type { Document } from './document.ts'
import type { Query } from './query.ts'
import type { Test } from './term.ts'
import { hasPhrase } from './words.ts'

/** Whether a message is what a query looks for. */
export function fits(document: Document, { filter, terms }: Query): boolean {
  return (
    filterFits(document, filter, filter.to) &&
    terms.every(({ not, test }) => testFits(document, test, filter.to) !== not)
  )
}

/** Whether a query looks at what stands in a message, and not at its journey alone. */
export function asksForText({ terms }: Query): boolean {
  return terms.some(({ test }) => test.type === 'words' || test.type === 'attachment')
}

function testFits(one: Document, test: Test, to: AddressFilter | undefined): boolean {
  switch (test.type) {
    case 'filter':
      return filterFits(one, test.filter, test.filter.to ?? to)
    case 'words': {
      const { subject, addresses, body } = one.words
      const lines = test.in === 'any' ? [subject, addresses, body] : [one.words[test.in]]
      return lines.some((line) => hasPhrase(line, test))
    }
    case 'check': {
      const found = one.checks[test.check] ?? ''
      return test.check === 'tls' && test.result === 'yes' ? found !== 'no' : found === test.result
    }
    case 'direction':
      return one.row.direction === test.direction
    case 'attachment':
      return one.hasAttachment
    case 'code':
      return codeFits(one, test.code)
    case 'helo':
      return one.helo.includes(test.part)
    case 'id':
      return one.row.id.toLowerCase().includes(test.part)
    case 'amount': {
      const amount = test.of === 'size' ? one.size : one.tookMs
      return test.over ? amount > test.amount : amount < test.amount
    }
  }
}

function codeFits({ code, enhanced }: Document, wanted: string): boolean {
  if (!wanted.includes('.')) return code.startsWith(wanted)
  return enhanced === wanted || enhanced.startsWith(`${wanted}.`)
}

/** @param to the recipient whose status is meant too */
function filterFits(one: Document, filter: JourneyFilter, to: AddressFilter | undefined): boolean {
  const { row, recipients } = one
  const { from, author, since, until, subject, ip } = filter
  const authors = author?.match === 'part' ? [row.author] : row.author.split(', ')
  return (
    (filter.to === undefined ||
      recipients.some(({ address }) => addressFits(address, filter.to))) &&
    addressFits(row.mailFrom, from) &&
    (author === undefined || authors.some((address) => addressFits(address, author))) &&
    statusFits(one, filter.status, to) &&
    (since === undefined || row.startedAt >= since) &&
    (until === undefined || row.startedAt < until) &&
    (subject === undefined || lower(row.subject).includes(lower(subject))) &&
    (ip === undefined || one.ip === ip) &&
    messageIdFits(row.headerMessageId, filter.messageId) &&
    accountFits(one, filter.account)
  )
}

/** As the store compares: letters of ASCII alone. */
function lower(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

function addressFits(address: string, wanted: AddressFilter | undefined): boolean {
  if (wanted === undefined) return true
  const shown = lower(address)
  const forms = formsOf(wanted).map(lower)
  return forms.some((form) => (wanted.match === 'whole' ? shown === form : shown.includes(form)))
}

function statusFits(
  { row, recipients }: Document,
  wanted: string | undefined,
  to: AddressFilter | undefined,
): boolean {
  if (wanted === undefined || row.status === wanted) return true
  if (wanted === 'partly') return row.status.startsWith('partly ')
  return (
    to?.match === 'whole' &&
    recipients.some(({ address, status }) => status === wanted && addressFits(address, to))
  )
}

function messageIdFits(field: string, wanted: string | undefined): boolean {
  return wanted === undefined || (field !== '' && messageIdForms(wanted).includes(field))
}

function accountFits({ login, recipients }: Document, account: string | undefined): boolean {
  if (account === undefined) return true
  const wanted = lower(account)
  const has = recipients.some(({ accounts }) => {
    return lower(` ${accounts.join(' ')} `).includes(` ${wanted} `)
  })
  return has || lower(login) === wanted
}
