/** 0.4.0: what was taken by HTTP under a key of its sender, so that it is not taken twice. */
export const receiptSchema: string = `
  CREATE TABLE receipt (
    who TEXT NOT NULL,
    key TEXT NOT NULL,
    request TEXT NOT NULL,
    answer TEXT NOT NULL, -- JSON
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (who, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX receipt_by_time ON receipt (at_ms);
`
