-- Credit memos that are to be issued: the queue of the drain. A row goes when its memo is issued.
CREATE TABLE IF NOT EXISTS credit_memo_pending (
    shard          INT8 NOT NULL,
    credit_memo_id UUID NOT NULL,
    due_at         TIMESTAMPTZ NOT NULL,
    reason         TEXT NOT NULL, -- why it could not be issued when it was last tried; empty: not tried yet
    attempts       INT8 NOT NULL,
    PRIMARY KEY (shard, credit_memo_id)
);
