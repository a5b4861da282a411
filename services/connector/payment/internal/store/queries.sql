-- name: FindOperations :many
SELECT * FROM operation WHERE key = ANY(@keys::text[]);

-- name: LockOperations :many
SELECT * FROM operation WHERE key = ANY(@keys::text[]) ORDER BY key FOR UPDATE;

-- name: SaveOperations :exec
INSERT INTO operation (key, kind, parent_key, token, currency_code, amount_minor, used_minor, status, decline_code)
SELECT unnest(@keys::text[]), unnest(@kinds::text[]), unnest(@parent_keys::text[]), unnest(@tokens::text[]),
    unnest(@currency_codes::text[]), unnest(@amounts::int8[]), unnest(@used::int8[]), unnest(@statuses::text[]),
    unnest(@decline_codes::text[])
ON CONFLICT (key) DO UPDATE SET used_minor = excluded.used_minor, status = excluded.status;
