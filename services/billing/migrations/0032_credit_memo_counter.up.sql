-- The last credit memo number of each legal entity. A sequence would leave gaps.
CREATE TABLE IF NOT EXISTS credit_memo_counter (
    legal_entity TEXT NOT NULL PRIMARY KEY,
    last_number  INT8 NOT NULL
);
