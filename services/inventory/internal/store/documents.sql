-- name: LoadDocuments :many
-- One probe of the key per document: see LoadOutcomes.
SELECT found.*
FROM (SELECT unnest(@numbers::text[]) AS number, unnest(@systems::text[]) AS source_system, unnest(@types::text[]) AS type,
             unnest(@lines::int8[]) AS line) AS wanted,
LATERAL (
    SELECT d.number, d.source_system, d.type, d.line, d.content, d.result FROM stock_document AS d
    WHERE d.number = wanted.number AND d.source_system = wanted.source_system AND d.type = wanted.type AND d.line = wanted.line
    LIMIT 1
) AS found
WHERE COALESCE(array_length(@numbers::text[], 1), array_length(@systems::text[], 1), array_length(@types::text[], 1),
        array_length(@lines::int8[], 1)) > 0;

-- name: InsertDocuments :execrows
-- The conflict clause makes a concurrent repeat a serialization failure, which runs again and then finds it.
INSERT INTO stock_document (number, source_system, type, line, content, result, recorded_at)
SELECT unnest(@numbers::text[]), unnest(@systems::text[]), unnest(@types::text[]), unnest(@lines::int8[]),
       unnest(@contents::bytea[]), unnest(@results::bytea[]), @recorded_at::timestamptz
ON CONFLICT (number, source_system, type, line) DO NOTHING;
