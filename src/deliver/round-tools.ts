import type { Log } from '../base/log.ts'
import type { JourneyBuilder } from '../journey/builder.ts'
import type { ChosenSource } from '../source/choose-source.ts'
import type { Messages } from './attempt.ts'
import type { SendingBatch } from './being-sent.ts'
import type { Connector } from './connect.ts'
import type { SettlingInTurn } from './settling.ts'
import type { Sharing } from './sharing.ts'
import type { Way } from './way.ts'
import type { SigningTools } from './what-goes.ts'

/** What a round works with. */
export interface RoundTools {
  readonly connector: Connector
  readonly messages: Messages
  readonly signing: SigningTools
  readonly settling: Pick<SettlingInTurn, 'settle'>
  /** How the servers of the destination are spoken with. */
  readonly way: Way
  /** From where they go. Absent: the system chooses. */
  readonly source?: ChosenSource | undefined
  /** Connections that others have opened. Absent: each batch has its own. */
  readonly sharing?: Sharing | undefined
  /** The steps that were made for all items together. */
  readonly log: JourneyBuilder
  readonly tell: Log
  /** Told where the letters are. */
  readonly sending: SendingBatch
}
