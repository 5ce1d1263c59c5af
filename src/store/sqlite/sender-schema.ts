/**
 * Whose each waiting letter is (`senderOf`), and an index in which senders are found in turn, each with
 * what is due first. So a lease can give a few letters to each of them, however many somebody has.
 *
 * Of what waits already the domain of the reverse-path is near enough: it is only about turns.
 */
export const senderSchema: string = `
  ALTER TABLE queue ADD COLUMN sender TEXT NOT NULL DEFAULT '';
  UPDATE queue SET sender = lower(coalesce(account,
    substr(reverse_path, instr(reverse_path, '@') + 1)));
  CREATE INDEX queue_senders ON queue (sender, next_attempt_ms)
    WHERE held = 0 AND lease_owner IS NULL;
`
