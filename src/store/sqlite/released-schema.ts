/**
 * The steps of 0.1.0 and 0.2.0, which bring a database from one version to the next. A released step
 * is never changed: a change is a new step behind it.
 *
 * Why the tables are cut as they are:
 * - `key` columns are row ids that grow, so what belongs together is written together, at the end.
 * - A journey's JSON lives apart from its row, so that a list of journeys reads small rows and a
 *   new status does not write the JSON again. Steps that come later are rows of their own.
 * - `queue` has one partial index for each place an item can be in (waiting, leased, held), so that
 *   a lease reads the due items only, however many others there are.
 * - `fact.used_ms` is never before the start of a journey that refers to the fact. So a fact older
 *   than the oldest journey belongs to none, and no table of references has to be kept.
 */
export const released: readonly string[] = [
  `
  CREATE TABLE content (
    key INTEGER PRIMARY KEY,
    sha256 BLOB NOT NULL UNIQUE,
    size INTEGER NOT NULL,
    octets BLOB -- NULL: in the file content/ab/<sha256>
  ) STRICT;

  CREATE TABLE message (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    content INTEGER NOT NULL REFERENCES content (key),
    size INTEGER NOT NULL,
    prefix BLOB NOT NULL,
    omit TEXT NOT NULL -- JSON: [[start, end], …]
  ) STRICT;
  CREATE INDEX message_by_content ON message (content);

  CREATE TABLE journey (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL COLLATE NOCASE,
    direction TEXT NOT NULL,
    started_ms INTEGER NOT NULL,
    status TEXT NOT NULL,
    mail_from TEXT NOT NULL,
    rcpt_to TEXT NOT NULL, -- JSON: [address, …]
    subject TEXT NOT NULL,
    summary TEXT NOT NULL,
    message INTEGER REFERENCES message (key)
  ) STRICT;
  CREATE UNIQUE INDEX journey_by_id ON journey (id);
  CREATE INDEX journey_by_start ON journey (started_ms);
  CREATE INDEX journey_by_status ON journey (status, started_ms);
  CREATE INDEX journey_by_message ON journey (message) WHERE message IS NOT NULL;

  CREATE TABLE journey_record (
    journey INTEGER PRIMARY KEY REFERENCES journey (key),
    json TEXT NOT NULL
  ) STRICT;

  CREATE TABLE journey_steps (
    key INTEGER PRIMARY KEY,
    journey INTEGER NOT NULL REFERENCES journey (key),
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journey_steps_by_journey ON journey_steps (journey);

  CREATE TABLE fact (
    key INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    used_ms INTEGER NOT NULL,
    json TEXT NOT NULL
  ) STRICT;
  CREATE INDEX fact_by_use ON fact (used_ms);

  CREATE TABLE queue (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    message INTEGER NOT NULL REFERENCES message (key),
    journey_id TEXT NOT NULL COLLATE NOCASE,
    reverse_path TEXT NOT NULL,
    recipient TEXT NOT NULL,
    destination TEXT NOT NULL,
    smtp_utf8 INTEGER NOT NULL,
    eight_bit INTEGER NOT NULL,
    dsn TEXT NOT NULL, -- JSON
    created_ms INTEGER NOT NULL,
    next_attempt_ms INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    held INTEGER NOT NULL,
    last_problem TEXT NOT NULL,
    lease_owner TEXT,
    lease_until_ms INTEGER
  ) STRICT;
  CREATE INDEX queue_waiting ON queue (next_attempt_ms) WHERE held = 0 AND lease_owner IS NULL;
  CREATE INDEX queue_leased ON queue (lease_until_ms) WHERE lease_owner IS NOT NULL;
  CREATE INDEX queue_held ON queue (next_attempt_ms) WHERE held = 1;
  CREATE INDEX queue_by_message ON queue (message);
  CREATE INDEX queue_by_journey ON queue (journey_id);

  CREATE TABLE mailbox_item (
    uid INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice, as IMAP asks
    account TEXT NOT NULL,
    mailbox TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES message (key),
    journey_id TEXT NOT NULL,
    received_ms INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX mailbox_item_by_mailbox ON mailbox_item (account, mailbox);
  CREATE INDEX mailbox_item_by_message ON mailbox_item (message);

  CREATE TABLE dkim_key (
    domain TEXT NOT NULL,
    selector TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    private_key TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    active INTEGER NOT NULL,
    PRIMARY KEY (domain, selector)
  ) STRICT;
  `,
  // What became of a letter for each recipient, and what else a journey is found by. What 0.1.0 has
  // written is read out of its records; of a letter to several it had kept the last that was settled.
  `
  ALTER TABLE journey ADD COLUMN author TEXT NOT NULL DEFAULT '';
  ALTER TABLE journey ADD COLUMN header_id TEXT NOT NULL DEFAULT ''; -- the Message-ID field
  ALTER TABLE journey ADD COLUMN ip TEXT NOT NULL DEFAULT '';
  ALTER TABLE journey ADD COLUMN login TEXT NOT NULL DEFAULT '';
  ALTER TABLE journey ADD COLUMN written_ms INTEGER NOT NULL DEFAULT 0; -- by the machine's clock

  CREATE TABLE journey_recipient (
    journey INTEGER NOT NULL REFERENCES journey (key) ON DELETE CASCADE,
    address TEXT NOT NULL,
    status TEXT NOT NULL,
    accounts TEXT NOT NULL,
    PRIMARY KEY (journey, address)
  ) STRICT, WITHOUT ROWID;

  UPDATE journey SET written_ms = started_ms,
    header_id = coalesce(record.json ->> '$.messageId', ''),
    ip = coalesce(record.json ->> '$.envelope.ip', ''),
    login = coalesce(record.json ->> '$.envelope.login', '')
    FROM journey_record AS record WHERE record.journey = journey.key;

  INSERT OR IGNORE INTO journey_recipient (journey, address, status, accounts)
    SELECT journey.key, rcpt.value, journey.status,
        coalesce((SELECT account FROM mailbox_item
          WHERE mailbox_item.message = journey.message AND json_array_length(rcpt_to) = 1), '')
      FROM journey, json_each(journey.rcpt_to) AS rcpt;

  CREATE TEMP TABLE told AS
    SELECT journey.key AS journey, 0 AS part, record.journey AS place, step.key AS step,
        step.value AS step_json
      FROM journey JOIN journey_record AS record ON record.journey = journey.key,
        json_each(record.json, '$.steps') AS step
      WHERE json_array_length(journey.rcpt_to) > 1 AND step.type = 'object'
    UNION ALL
    SELECT journey.key, 1, later.key, step.key, step.value
      FROM journey JOIN journey_steps AS later ON later.journey = journey.key,
        json_each(later.json) AS step
      WHERE json_array_length(journey.rcpt_to) > 1 AND step.type = 'object';
  INSERT INTO journey_recipient (journey, address, status, accounts)
    SELECT journey, coalesce(step_json ->> '$.rcptTo', step_json ->> '$.recipient'),
        CASE step_json ->> '$.type'
          WHEN 'recipient' THEN iif(step_json ->> '$.answer.code' < 500, 'deferred', 'refused')
          WHEN 'filed' THEN iif(step_json ->> '$.mailbox' = 'Junk', 'quarantined', 'delivered')
          WHEN 'queued' THEN 'queued'
          WHEN 'put-off' THEN 'deferred'
          ELSE step_json ->> '$.result' END,
        coalesce(step_json ->> '$.account', '')
      FROM told
      WHERE step_json ->> '$.type' IN ('filed', 'queued', 'attempt', 'put-off')
        OR (step_json ->> '$.type' = 'recipient' AND step_json ->> '$.to' = 'refused')
      ORDER BY part, place, step
    ON CONFLICT (journey, address) DO UPDATE SET status = excluded.status,
      accounts = coalesce(nullif(excluded.accounts, ''), accounts);
  INSERT INTO journey_recipient (journey, address, status, accounts)
    SELECT journey, also.value,
        iif(step_json ->> '$.mailbox' = 'Junk', 'quarantined', 'delivered'),
        step_json ->> '$.account'
      FROM told, json_each(step_json, '$.alsoFor') AS also
      WHERE step_json ->> '$.type' = 'filed'
    ON CONFLICT (journey, address) DO UPDATE SET status = excluded.status,
      accounts = excluded.accounts;
  DROP TABLE told;

  UPDATE journey SET status = coalesce((
      SELECT CASE
          WHEN there > 0 AND waiting + failed > 0 THEN 'partly delivered'
          WHEN there > 0 THEN 'delivered'
          WHEN failed > 0 AND waiting > 0 THEN 'partly failed'
          WHEN failed > 0 THEN 'failed'
          WHEN tried > 0 THEN 'deferred'
          WHEN waiting > 0 THEN 'queued' END
        FROM (SELECT sum(status IN ('delivered', 'quarantined')) AS there,
            sum(status IN ('queued', 'deferred')) AS waiting, sum(status = 'deferred') AS tried,
            sum(status = 'failed') AS failed
          FROM journey_recipient WHERE journey_recipient.journey = journey.key)), status)
    WHERE direction = 'out' AND json_array_length(rcpt_to) > 1
      AND status IN ('delivered', 'deferred', 'failed', 'queued');

  CREATE INDEX journey_recipient_by_address ON journey_recipient (address COLLATE NOCASE);
  CREATE INDEX journey_by_header_id ON journey (header_id) WHERE header_id <> '';
  `,
  // Domains as 0.1.0 had them from its settings, in any case and with a trailing dot: since then the
  // settings are read into the one form that is asked for here. Keys and mailboxes stay found.
  `
  UPDATE OR IGNORE dkim_key SET domain = rtrim(lower(domain), '.')
    WHERE domain <> rtrim(lower(domain), '.');
  UPDATE mailbox_item
    SET account = substr(account, 1, instr(account, '@'))
      || rtrim(lower(substr(account, instr(account, '@') + 1)), '.')
    WHERE account LIKE '%@%' AND substr(account, instr(account, '@') + 1)
      <> rtrim(lower(substr(account, instr(account, '@') + 1)), '.');
  `,
  // Contents whose rows are gone and whose files may still be there: the one reason for which a
  // start may remove a file that no row names.
  `
  CREATE TABLE leaving_content (
    sha256 BLOB PRIMARY KEY
  ) STRICT, WITHOUT ROWID;
  `,
  // What strangers left without giving us mail, so that it can go first and never be too much. Its
  // octets are counted by triggers: the sum is right whatever writes. `settled_message`: what older
  // versions kept of sent mail, to be removed in small steps.
  `
  CREATE TABLE stranger (
    journey INTEGER PRIMARY KEY REFERENCES journey (key),
    kind TEXT NOT NULL, -- 'scan' or 'letter'
    started_ms INTEGER NOT NULL,
    record_octets INTEGER NOT NULL,
    content_octets INTEGER NOT NULL -- kept to decide it again; 0 when nothing is
  ) STRICT;
  CREATE INDEX stranger_by_start ON stranger (started_ms);
  CREATE INDEX stranger_by_kind ON stranger (kind, started_ms);
  CREATE INDEX stranger_with_content ON stranger (started_ms) WHERE content_octets > 0;

  CREATE TABLE stranger_total (
    key INTEGER PRIMARY KEY CHECK (key = 1),
    record_octets INTEGER NOT NULL,
    content_octets INTEGER NOT NULL,
    fact_octets INTEGER NOT NULL
  ) STRICT;
  INSERT INTO stranger_total VALUES (1, 0, 0, 0);

  CREATE TRIGGER stranger_came AFTER INSERT ON stranger BEGIN
    UPDATE stranger_total SET record_octets = record_octets + new.record_octets,
      content_octets = content_octets + new.content_octets;
  END;
  CREATE TRIGGER stranger_lost_content AFTER UPDATE OF content_octets ON stranger BEGIN
    UPDATE stranger_total SET
      content_octets = content_octets - old.content_octets + new.content_octets;
  END;
  CREATE TRIGGER stranger_went AFTER DELETE ON stranger BEGIN
    UPDATE stranger_total SET record_octets = record_octets - old.record_octets,
      content_octets = content_octets - old.content_octets;
  END;

  ALTER TABLE fact ADD COLUMN kept_for TEXT NOT NULL DEFAULT 'mail'; -- or 'stranger'
  CREATE INDEX fact_of_strangers ON fact (used_ms) WHERE kept_for = 'stranger';
  CREATE TRIGGER stranger_fact_came AFTER INSERT ON fact WHEN new.kept_for = 'stranger' BEGIN
    UPDATE stranger_total SET fact_octets = fact_octets + octet_length(new.json);
  END;
  CREATE TRIGGER stranger_fact_became_mail AFTER UPDATE OF kept_for ON fact
    WHEN old.kept_for = 'stranger' AND new.kept_for = 'mail' BEGIN
    UPDATE stranger_total SET fact_octets = fact_octets - octet_length(old.json);
  END;
  CREATE TRIGGER stranger_fact_went AFTER DELETE ON fact WHEN old.kept_for = 'stranger' BEGIN
    UPDATE stranger_total SET fact_octets = fact_octets - octet_length(old.json);
  END;

  INSERT INTO stranger
    SELECT journey.key,
      CASE WHEN status = 'dropped' AND rcpt_to = '[]' THEN 'scan' ELSE 'letter' END,
      started_ms, octet_length(journey_record.json), coalesce(content.size, 0)
    FROM journey JOIN journey_record ON journey_record.journey = journey.key
      LEFT JOIN message ON message.key = journey.message
      LEFT JOIN content ON content.key = message.content
    WHERE status IN ('refused', 'dropped', 'deferred') AND (direction = 'in' OR rcpt_to = '[]')
      AND NOT EXISTS (SELECT 1 FROM queue WHERE queue.message = journey.message)
      AND NOT EXISTS (SELECT 1 FROM mailbox_item WHERE mailbox_item.message = journey.message);

  CREATE TABLE settled_message (
    message INTEGER PRIMARY KEY
  ) STRICT;
  INSERT INTO settled_message
    SELECT DISTINCT message FROM journey
    WHERE direction = 'out' AND message IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM queue WHERE queue.message = journey.message)
      AND NOT EXISTS (SELECT 1 FROM mailbox_item WHERE mailbox_item.message = journey.message);
  `,
]
