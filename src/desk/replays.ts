import type { ReplayOverrides } from '../journey/overrides.ts'
import { type Replay, replayJourney } from '../journey/replay.ts'
import type { ReadPorts } from '../store/reads.ts'
import type { OpenJourney } from './archives.ts'

/** What it takes to decide a journey again. */
export interface ReplayableJourney extends Pick<OpenJourney, 'record' | 'facts'> {
  readonly stored: Pick<OpenJourney['stored'], 'messageId'>
  readonly reader: Pick<ReadPorts, 'messages'>
}

/** Decides a journey again, offline, with the letter as it is kept. */
export async function replayOpened(
  { record, facts, stored, reader }: ReplayableJourney,
  overrides: ReplayOverrides,
): Promise<Replay> {
  const { messageId } = stored
  const message = messageId === undefined ? undefined : await reader.messages.open(messageId)
  return await replayJourney(record, facts, message?.original(), overrides)
}

/** Domains that the store has beside those of the settings: rules of receiving ask for them. */
export async function storedDomains({
  accounts,
}: Pick<ReadPorts, 'accounts'>): Promise<readonly string[]> {
  return (await accounts.domains()).map(({ name }) => name)
}
