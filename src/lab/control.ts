import type { ControlSocket } from '../control/control-socket.ts'
import { openDeskSocket } from '../control/desk-socket.ts'
import { type FaultsPart, faultsSet, faultsShow } from '../desk/faults.ts'
import {
  labAdvance,
  labClock,
  labHappen,
  type LabPart,
  labPutRecord,
  labRecords,
  labReset,
  labResetZone,
  labSituations,
} from '../desk/lab-operations.ts'
import { type DeskPlace, type Named, named, performByName } from '../desk/named.ts'
import { webhookOperations, type WebhookPart } from '../desk/webhooks.ts'
import type { Lab } from './lab.ts'
import { RunningLab } from './lab-desk.ts'

/** The desk of a lab that runs. */
type LabPlace = DeskPlace<LabPart & FaultsPart>

/** All that commands may ask of it. */
type LabDesk = LabPart & FaultsPart & WebhookPart

const operations = new Map<string, Named<LabDesk>>([
  named(labSituations),
  named(labHappen),
  named(labClock),
  named(labAdvance),
  named(labRecords),
  named(labPutRecord),
  named(labResetZone),
  named(labReset),
  named(faultsShow),
  named(faultsSet),
  ...webhookOperations,
])

/** What people can do with a lab, and where it is written down. */
export function labPlace(lab: Lab): LabPlace {
  const desk = { lab: new RunningLab(lab), faults: lab.faults }
  return { desk, acts: lab.south.store.acts, now: () => lab.clock.now() }
}

/** Opens the socket at which commands ask a lab; `undefined` where there can be none. */
export function openLabControl(
  place: DeskPlace<LabDesk>,
  options: Parameters<typeof openDeskSocket>[1],
): Promise<ControlSocket | undefined> {
  return openDeskSocket((asked) => performByName(operations, place, asked), options)
}
