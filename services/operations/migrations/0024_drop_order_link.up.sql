-- Timelines are told from the archive's segments: see 0018_event_segment.
DROP TABLE IF EXISTS order_link;
