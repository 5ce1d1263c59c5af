import type { ComponentType } from 'preact'
import { AccessPage } from '../access/access.tsx'
import { AccountsPage } from '../accounts/accounts.tsx'
import { DomainsPage } from '../domains/domains.tsx'
import { LabPage } from '../lab/lab.tsx'
import { LogPage } from '../log/log.tsx'
import { MessagePage } from '../message/message.tsx'
import { MessagesPage } from '../messages/messages.tsx'
import { QueuePage } from '../queue/queue.tsx'
import { ReportsPage } from '../reports/reports.tsx'
import { SendPage } from '../send/send.tsx'
import { SuppressionsPage } from '../suppressions/suppressions.tsx'
import { WebhooksPage } from '../webhooks/webhooks.tsx'
import type { Session } from '../types.ts'
import { mayChangeAccess, maySend } from './may.ts'

/** A page of the side bar. */
interface PageEntry {
  readonly path: string
  readonly name: string
  readonly page: ComponentType
  readonly shown: (mode: Session['mode']) => boolean
  /** It is of the house, and nothing for an account. */
  readonly ofTheHouse?: true
}

const always = (): boolean => true

export const pages: readonly PageEntry[] = [
  { path: '/', name: 'Messages', page: MessagesPage, shown: always },
  { path: '/send', name: 'Send', page: SendPage, shown: maySend },
  { path: '/queue', name: 'Queue', page: QueuePage, shown: always },
  {
    path: '/suppressions',
    name: 'Suppressed',
    page: SuppressionsPage,
    shown: (mode) => mode === 'live',
    ofTheHouse: true,
  },
  {
    path: '/reports',
    name: 'Reports',
    page: ReportsPage,
    shown: (mode) => mode !== 'catch',
    ofTheHouse: true,
  },
  {
    path: '/domains',
    name: 'Domains',
    page: DomainsPage,
    shown: (mode) => mode !== 'catch',
    ofTheHouse: true,
  },
  { path: '/accounts', name: 'Accounts', page: AccountsPage, shown: always, ofTheHouse: true },
  { path: '/webhooks', name: 'Webhooks', page: WebhooksPage, shown: always, ofTheHouse: true },
  { path: '/access', name: 'Access', page: AccessPage, shown: mayChangeAccess },
  { path: '/log', name: 'Live log', page: LogPage, shown: always },
  { path: '/lab', name: 'Lab', page: LabPage, shown: (mode) => mode === 'lab' },
  { path: '/lab', name: 'Faults', page: LabPage, shown: (mode) => mode === 'catch' },
]

/** What belongs to an address. */
export function pageAt(path: string): ComponentType {
  if (path.startsWith('/messages/')) return MessagePage
  if (path === '/messages') return MessagesPage
  return pages.find((one) => one.path === path)?.page ?? NoPage
}

function NoPage() {
  return (
    <>
      <h1>There is no such page</h1>
      <p>
        <a href="/">To the messages</a>
      </p>
    </>
  )
}
