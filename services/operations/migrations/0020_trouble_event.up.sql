-- Events that have opened, counted or ended an exception: one that stands twice in a stream counts once.
CREATE TABLE IF NOT EXISTS trouble_event (
    event_id TEXT NOT NULL PRIMARY KEY
);
