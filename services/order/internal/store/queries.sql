-- name: InsertOrders :many
-- The orders of a set; those whose business key is taken are left out of what comes back.
INSERT INTO sales_order (order_id, partner_id, channel, external_order_id, release_number, account_id, content_hash,
    received_at, as_of, snapshot, copy)
SELECT unnest(@order_ids::uuid[]), unnest(@partner_ids::text[]), unnest(@channels::text[]),
       unnest(@external_order_ids::text[]), unnest(@release_numbers::text[]), unnest(@account_ids::text[]),
       unnest(@content_hashes::bytea[]), unnest(@received_ats::timestamptz[]), @as_of::timestamptz,
       unnest(@snapshots::bytea[]), unnest(@copies::int8[])
ON CONFLICT (partner_id, channel, external_order_id, release_number, copy) DO NOTHING
RETURNING order_id;

-- name: InsertStates :exec
INSERT INTO order_state (order_id, shard, version, sequence, state, status, moving, policy, priority, not_before,
    received_at, lines, progress)
SELECT unnest(@order_ids::uuid[]), unnest(@shards::int8[]), 1, unnest(@sequences::int8[]), unnest(@states::text[]),
       unnest(@statuses::text[]), unnest(@movings::bool[]), unnest(@policies::text[]), unnest(@priorities::int8[]),
       unnest(@not_befores::date[]), unnest(@received_ats::timestamptz[]), unnest(@lines::text[])::jsonb,
       unnest(@progresses::text[])::jsonb;

-- name: UpdateStates :execrows
-- Saves the orders that still have the version that was loaded; fewer rows than asked for: somebody else was faster.
-- The lengths name the parameters outside of FROM: a CockroachDB before 21.1 takes those that stand only in FROM for text,
-- whatever they are cast to.
UPDATE order_state SET
    version = n.version + 1, sequence = n.sequence, state = n.state, status = n.status, moving = n.moving,
    accepted_at = n.accepted_at, completed_at = n.completed_at, lines = n.lines::jsonb, progress = n.progress::jsonb,
    not_before = n.not_before
FROM (SELECT unnest(@order_ids::uuid[]) AS order_id, unnest(@versions::int8[]) AS version,
             unnest(@sequences::int8[]) AS sequence, unnest(@states::text[]) AS state,
             unnest(@statuses::text[]) AS status, unnest(@movings::bool[]) AS moving,
             unnest(@accepted_ats::timestamptz[]) AS accepted_at, unnest(@completed_ats::timestamptz[]) AS completed_at,
             unnest(@lines::text[]) AS lines, unnest(@progresses::text[]) AS progress,
             unnest(@not_befores::date[]) AS not_before) AS n
WHERE order_state.order_id = n.order_id AND order_state.version = n.version
  AND order_state.order_id = ANY(@order_ids::uuid[])
  AND COALESCE(array_length(@versions::int8[], 1), array_length(@sequences::int8[], 1),
        array_length(@states::text[], 1), array_length(@statuses::text[], 1), array_length(@movings::bool[], 1),
        array_length(@accepted_ats::timestamptz[], 1), array_length(@completed_ats::timestamptz[], 1),
        array_length(@lines::text[], 1), array_length(@progresses::text[], 1), array_length(@not_befores::date[], 1)) > 0;

-- name: LockStates :many
SELECT * FROM order_state WHERE order_id = ANY(@order_ids::uuid[]) ORDER BY order_id FOR UPDATE;

-- name: FindStates :many
SELECT * FROM order_state WHERE order_id = ANY(@order_ids::uuid[]) ORDER BY order_id;

-- name: PageStates :many
SELECT * FROM order_state WHERE order_id > @after ORDER BY order_id LIMIT @page_limit;

-- name: FindOrders :many
SELECT * FROM sales_order WHERE order_id = ANY(@order_ids::uuid[]) ORDER BY order_id;

-- name: FindOrdersByKey :many
-- The orders whose business keys stand in the set, all copies, probed one by one: see internal/idempotency for why.
SELECT found.order_id, found.partner_id, found.channel, found.external_order_id, found.release_number, found.content_hash,
       found.copy
FROM (SELECT unnest(@partner_ids::text[]) AS partner_id, unnest(@channels::text[]) AS channel,
             unnest(@external_order_ids::text[]) AS external_order_id,
             unnest(@release_numbers::text[]) AS release_number) AS wanted,
LATERAL (
    SELECT o.order_id, o.partner_id, o.channel, o.external_order_id, o.release_number, o.content_hash, o.copy
    FROM sales_order AS o
    WHERE o.partner_id = wanted.partner_id AND o.channel = wanted.channel
      AND o.external_order_id = wanted.external_order_id AND o.release_number = wanted.release_number
    ORDER BY o.copy LIMIT 100
) AS found
WHERE COALESCE(array_length(@partner_ids::text[], 1), array_length(@channels::text[], 1),
        array_length(@external_order_ids::text[], 1), array_length(@release_numbers::text[], 1)) > 0;

-- name: InsertProcesses :exec
INSERT INTO process (process_id, order_id, kind, shard, state, version, due_at, deadline, steps)
SELECT unnest(@process_ids::uuid[]), unnest(@order_ids::uuid[]), unnest(@kinds::text[]), unnest(@shards::int8[]),
       unnest(@states::text[]), unnest(@versions::int8[]), unnest(@due_ats::timestamptz[]),
       unnest(@deadlines::timestamptz[]), unnest(@steps::text[])::jsonb;

-- name: InsertTimers :exec
-- An order's timer that is there already comes no later than the new one.
INSERT INTO process (process_id, order_id, kind, shard, state, version, due_at, deadline, steps)
SELECT unnest(@process_ids::uuid[]), unnest(@order_ids::uuid[]), unnest(@kinds::text[]), unnest(@shards::int8[]),
       unnest(@states::text[]), unnest(@versions::int8[]), unnest(@due_ats::timestamptz[]),
       unnest(@deadlines::timestamptz[]), unnest(@steps::text[])::jsonb
ON CONFLICT (process_id) DO UPDATE SET due_at = LEAST(process.due_at, excluded.due_at);

-- name: UpdateProcesses :execrows
UPDATE process SET kind = n.kind, state = n.state, version = n.version, due_at = n.due_at, deadline = n.deadline,
    steps = n.steps::jsonb
FROM (SELECT unnest(@process_ids::uuid[]) AS process_id, unnest(@kinds::text[]) AS kind,
             unnest(@states::text[]) AS state, unnest(@versions::int8[]) AS version,
             unnest(@due_ats::timestamptz[]) AS due_at, unnest(@deadlines::timestamptz[]) AS deadline,
             unnest(@steps::text[]) AS steps) AS n
WHERE process.process_id = n.process_id AND process.version = n.version - 1
  AND process.process_id = ANY(@process_ids::uuid[])
  AND COALESCE(array_length(@kinds::text[], 1), array_length(@states::text[], 1),
        array_length(@versions::int8[], 1), array_length(@due_ats::timestamptz[], 1),
        array_length(@deadlines::timestamptz[], 1), array_length(@steps::text[], 1)) > 0;

-- name: DeleteProcesses :execrows
DELETE FROM process WHERE process_id = ANY(@process_ids::uuid[]);

-- name: LockProcesses :many
SELECT process_id, version FROM process WHERE process_id = ANY(@process_ids::uuid[]) ORDER BY process_id FOR UPDATE;

-- name: HurryProcesses :many
-- Makes processes due at once; says which are there.
UPDATE process SET due_at = @due_at WHERE process_id = ANY(@process_ids::uuid[]) RETURNING process_id;

-- name: DueProcesses :many
SELECT * FROM process
WHERE shard = ANY(@shards::int8[]) AND due_at <= @now AND kind = ANY(@kinds::text[])
  AND (due_at, process_id) > (@after_due_at::timestamptz, @after_id::uuid)
ORDER BY due_at, process_id LIMIT @page_limit;

-- name: MeasureProcesses :many
-- How many there are, how many of them are due, and since when the oldest.
SELECT kind, state, count(*)::int8 AS processes, sum(CASE WHEN due_at <= @now THEN 1 ELSE 0 END)::int8 AS due,
       min(due_at)::timestamptz AS oldest
FROM process WHERE shard = ANY(@shards::int8[]) GROUP BY kind, state;

-- name: FindProcesses :many
SELECT order_id, process_id, kind, state FROM process WHERE order_id = ANY(@order_ids::uuid[]);

-- name: OpenExceptions :many
INSERT INTO process_exception (exception_id, order_id, process_id, reason, message, opened_at, sequence)
SELECT unnest(@exception_ids::uuid[]), unnest(@order_ids::uuid[]),
       NULLIF(unnest(@process_ids::uuid[]), '00000000-0000-0000-0000-000000000000'::uuid),
       unnest(@reasons::text[]), unnest(@messages::text[]), @opened_at::timestamptz, 1
ON CONFLICT (exception_id) DO UPDATE SET reason = excluded.reason, message = excluded.message,
    opened_at = excluded.opened_at, resolved_at = NULL, sequence = process_exception.sequence + 1
RETURNING exception_id, order_id, process_id, reason, message, sequence;

-- name: ResolveExceptions :many
UPDATE process_exception SET resolved_at = @resolved_at, sequence = sequence + 1
WHERE exception_id = ANY(@exception_ids::uuid[]) AND resolved_at IS NULL
RETURNING exception_id, order_id, sequence;

-- name: FindItems :many
SELECT * FROM item WHERE sku_key = ANY(@sku_keys::text[]);

-- name: FindAccounts :many
SELECT * FROM account WHERE account_id = ANY(@account_ids::text[]);

-- name: FindPrices :many
-- A few more than wanted may come back: every list in every currency with every item of the set.
SELECT * FROM price
WHERE price_list = ANY(@price_lists::text[]) AND currency_code = ANY(@currency_codes::text[])
  AND sku_key = ANY(@sku_keys::text[]);

-- name: ReadCatalog :one
SELECT version, as_of FROM catalog WHERE catalog_id = 1;

-- name: BumpCatalog :exec
INSERT INTO catalog (catalog_id, version, as_of) VALUES (1, 1, @as_of)
ON CONFLICT (catalog_id) DO UPDATE SET version = catalog.version + 1, as_of = GREATEST(catalog.as_of, excluded.as_of);

-- name: UpsertItems :exec
INSERT INTO item (sku_key, sku, description, service, base_unit, scale, units, tax_class, inactive, version,
    substitutes)
SELECT unnest(@sku_keys::text[]), unnest(@skus::text[]), unnest(@descriptions::text[]), unnest(@services::bool[]),
       unnest(@base_units::text[]), unnest(@scales::int8[]), unnest(@units::text[])::jsonb,
       unnest(@tax_classes::text[]), unnest(@inactives::bool[]), unnest(@versions::int8[]),
       unnest(@substitutes::text[])::jsonb
ON CONFLICT (sku_key) DO UPDATE SET
    description = excluded.description, units = excluded.units, tax_class = excluded.tax_class,
    inactive = excluded.inactive, version = excluded.version, substitutes = excluded.substitutes
WHERE item.version < excluded.version;

-- name: UpsertAccounts :exec
INSERT INTO account (account_id, legal_entity, currency_code, payment_days, tax_jurisdiction, price_lists, inactive,
    rounding, priority, bill_to, ship_tos, price_difference, price_tolerance, version, over_ship_bp)
SELECT unnest(@account_ids::text[]), unnest(@legal_entities::text[]), unnest(@currency_codes::text[]),
       unnest(@payment_days::int8[]), unnest(@jurisdictions::text[]), unnest(@price_lists::text[])::jsonb,
       unnest(@inactives::bool[]), unnest(@roundings::text[]), unnest(@priorities::int8[]), unnest(@bill_tos::text[]),
       unnest(@ship_tos::text[])::jsonb, unnest(@price_differences::text[]), unnest(@price_tolerances::int8[]),
       unnest(@versions::int8[]), unnest(@over_ship_bps::int8[])
ON CONFLICT (account_id) DO UPDATE SET
    payment_days = excluded.payment_days, tax_jurisdiction = excluded.tax_jurisdiction,
    price_lists = excluded.price_lists, inactive = excluded.inactive, rounding = excluded.rounding,
    priority = excluded.priority, bill_to = excluded.bill_to, ship_tos = excluded.ship_tos,
    price_difference = excluded.price_difference, price_tolerance = excluded.price_tolerance, version = excluded.version,
    over_ship_bp = excluded.over_ship_bp
WHERE account.version < excluded.version;

-- name: UpsertPrices :exec
INSERT INTO price (price_list, currency_code, sku_key, min_quantity, valid_from, valid_until, price_unit,
    unit_price_micros, withdrawn, version)
SELECT unnest(@price_lists::text[]), unnest(@currency_codes::text[]), unnest(@sku_keys::text[]),
       unnest(@min_quantities::int8[]), unnest(@valid_froms::text[]), unnest(@valid_untils::text[]),
       unnest(@price_units::text[]), unnest(@unit_prices::int8[]), unnest(@withdrawns::bool[]), unnest(@versions::int8[])
ON CONFLICT (price_list, currency_code, sku_key, min_quantity, valid_from) DO UPDATE SET
    valid_until = excluded.valid_until, price_unit = excluded.price_unit,
    unit_price_micros = excluded.unit_price_micros, withdrawn = excluded.withdrawn, version = excluded.version
WHERE price.version < excluded.version;

-- name: UpsertItemCodes :exec
INSERT INTO item_code (code_type, partner_id, code, sku_key, unit, version)
SELECT unnest(@code_types::text[]), unnest(@partner_ids::text[]), unnest(@codes::text[]), unnest(@sku_keys::text[]),
       unnest(@units::text[]), unnest(@versions::int8[])
ON CONFLICT (code_type, partner_id, code, sku_key) DO UPDATE SET unit = excluded.unit, version = excluded.version
WHERE item_code.version < excluded.version;

-- name: DropOldItemCodes :exec
-- Drops the codes that items have no more: those of an older version than theirs.
DELETE FROM item_code
WHERE sku_key = ANY(@sku_keys::text[])
  AND version < (SELECT i.version FROM item AS i WHERE i.sku_key = item_code.sku_key);

-- name: FindItemCodes :many
-- The items that have one of the codes; a few more than wanted may come back.
SELECT code_type, partner_id, code, sku_key, unit FROM item_code
WHERE code_type = ANY(@code_types::text[]) AND partner_id = ANY(@partner_ids::text[]) AND code = ANY(@codes::text[]);

-- name: UpsertLegalEntities :exec
INSERT INTO legal_entity (legal_entity_id, rounding, tax_mode, tax_jurisdiction, version)
SELECT unnest(@legal_entity_ids::text[]), unnest(@roundings::text[]), unnest(@tax_modes::text[]),
       unnest(@jurisdictions::text[]), unnest(@versions::int8[])
ON CONFLICT (legal_entity_id) DO UPDATE SET
    rounding = excluded.rounding, tax_mode = excluded.tax_mode, tax_jurisdiction = excluded.tax_jurisdiction,
    version = excluded.version
WHERE legal_entity.version < excluded.version;

-- name: FindLegalEntities :many
SELECT * FROM legal_entity WHERE legal_entity_id = ANY(@legal_entity_ids::text[]);

-- Amendments.

-- name: KeepFirstRevisions :exec
-- The orders as they were received, before their first amendment takes their place.
INSERT INTO order_revision (order_id, revision, actor, reason, created_at, snapshot)
SELECT order_id, revision, '', '', received_at, snapshot FROM sales_order
WHERE order_id = ANY(@order_ids::uuid[]) AND revision = 0
ON CONFLICT (order_id, revision) DO NOTHING;

-- name: InsertRevisions :exec
INSERT INTO order_revision (order_id, revision, actor, reason, created_at, snapshot)
SELECT unnest(@order_ids::uuid[]), unnest(@revisions::int8[]), unnest(@actors::text[]), unnest(@reasons::text[]),
       @created_at::timestamptz, unnest(@snapshots::bytea[]);

-- name: ReviseOrder :exec
UPDATE sales_order SET revision = @revision, snapshot = @snapshot WHERE order_id = @order_id;

-- name: ListRevisions :many
SELECT * FROM order_revision WHERE order_id = @order_id AND revision > @after ORDER BY revision LIMIT @page_limit;

-- name: InsertAmendment :exec
INSERT INTO order_amendment (process_id, order_id, snapshot, requested_at) VALUES (@process_id, @order_id, @snapshot, @requested_at);

-- name: FindAmendments :many
SELECT * FROM order_amendment WHERE process_id = ANY(@process_ids::uuid[]);

-- name: DecideAmendment :exec
UPDATE order_amendment SET decided_at = @decided_at, refusal = @refusal, message = @message, outcomes = @outcomes
WHERE process_id = @process_id;

-- name: ListExceptions :many
SELECT * FROM process_exception
WHERE (opened_at, exception_id) < (@before_at::timestamptz, @before_id::uuid)
  AND (@order_id::uuid = '00000000-0000-0000-0000-000000000000'::uuid OR order_id = @order_id::uuid)
  AND (@reason::text = '' OR reason = @reason::text) AND (@resolved::bool OR resolved_at IS NULL)
  AND (@partner_id::text = '' OR order_id IN (SELECT o.order_id FROM sales_order AS o WHERE o.partner_id = @partner_id::text))
ORDER BY opened_at DESC, exception_id DESC LIMIT @page_limit;
