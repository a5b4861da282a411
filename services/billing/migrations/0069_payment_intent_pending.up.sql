-- Payment intents for which a provider has to be asked something: the queue of the drain. A row goes when nothing is left to ask.
CREATE TABLE IF NOT EXISTS payment_intent_pending (
    shard     INT8 NOT NULL,
    intent_id UUID NOT NULL,
    due_at    TIMESTAMPTZ NOT NULL,
    attempts  INT8 NOT NULL,
    PRIMARY KEY (shard, intent_id)
);
