-- What a document has moved.
CREATE INDEX IF NOT EXISTS movement_document ON movement (source_document, id);
