/** The parameters of MAIL and RCPT, written. */
import { formatMailbox } from '../address/mailbox.ts'
import type { MailParameters, OriginalRecipient, RcptParameters } from './parameters.ts'
import { encodeUtf8Address, encodeXtext } from './xtext.ts'

/** What follows the path of MAIL: empty, or each parameter with a space before it. */
export function formatMailParameters(parameters: MailParameters): string {
  const { size, body, smtpUtf8, ret, envid, auth } = parameters
  let text = ''
  if (size !== null) text += ` SIZE=${size}`
  if (body !== null) text += ` BODY=${body}`
  if (smtpUtf8) text += ' SMTPUTF8'
  if (ret !== null) text += ` RET=${ret}`
  if (envid !== null) text += ` ENVID=${encodeXtext(envid)}`
  if (auth !== null) text += ` AUTH=${auth === '<>' ? auth : encodeXtext(formatMailbox(auth))}`
  return text
}

/** What follows the path of RCPT. */
export function formatRcptParameters(parameters: RcptParameters): string {
  const { notify, orcpt } = parameters
  let text = ''
  if (notify !== null) text += ` NOTIFY=${notify.join(',')}`
  if (orcpt !== null) text += ` ORCPT=${formatOrcpt(orcpt)}`
  return text
}

/** `type;address`, in ASCII whatever the address. RFC 3461 §4.2, RFC 6533 §3. */
function formatOrcpt({ addressType, address }: OriginalRecipient): string {
  const encoded = addressType === 'utf-8' ? encodeUtf8Address(address) : encodeXtext(address)
  return `${addressType};${encoded}`
}
