/** RFC 5321 §4.4: the server that makes the final delivery writes the reverse-path down. */
export function returnPath(mailFrom: string): string {
  return `Return-Path: <${mailFrom}>\r\n`
}
