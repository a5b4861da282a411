package store

// The statements of the invariants: a row (entity, left, right, detail) for each place where one does not hold.
const (
	// CheckInvoicedOnce looks past the unique keys that should make it impossible.
	CheckInvoicedOnce = `
SELECT 'shipment ' || shipment_id::text, count(*)::text, '1', 'invoices of the shipment'
FROM invoice GROUP BY shipment_id HAVING count(*) <> 1
UNION ALL
SELECT 'shipment line ' || shipment_line_id, count(*)::text, '1', 'invoice lines of the shipment line'
FROM invoice_line GROUP BY shipment_line_id HAVING count(*) <> 1
UNION ALL
SELECT 'invoice ' || invoice.invoice_id::text, invoice.line_count::text, COALESCE(lines.amount, 0)::text, 'lines on the head, and stored'
FROM invoice LEFT JOIN (SELECT invoice_id, count(*) AS amount FROM invoice_line GROUP BY invoice_id) AS lines
    ON lines.invoice_id = invoice.invoice_id
WHERE COALESCE(lines.amount, 0) <> invoice.line_count
LIMIT 100`

	// CheckNumbers relies on the numbers of a legal entity being unique.
	CheckNumbers = `
SELECT 'legal entity ' || counter.legal_entity, COALESCE(given.numbers, 0)::text, counter.last_number::text,
       'numbers given, and the counter; highest ' || COALESCE(given.highest, 0)::text || ', lowest ' || COALESCE(given.lowest, 0)::text
FROM invoice_counter AS counter
LEFT JOIN (SELECT legal_entity, count(DISTINCT number) AS numbers, max(number) AS highest, min(number) AS lowest
           FROM invoice WHERE number IS NOT NULL GROUP BY legal_entity) AS given ON given.legal_entity = counter.legal_entity
WHERE COALESCE(given.numbers, 0) <> counter.last_number OR COALESCE(given.highest, 0) <> counter.last_number
    OR (counter.last_number > 0 AND COALESCE(given.lowest, 0) <> 1)
UNION ALL
SELECT 'legal entity ' || invoice.legal_entity, count(*)::text, '0', 'numbered invoices without a counter'
FROM invoice LEFT JOIN invoice_counter AS counter ON counter.legal_entity = invoice.legal_entity
WHERE invoice.number IS NOT NULL AND counter.legal_entity IS NULL GROUP BY invoice.legal_entity
LIMIT 100`

	// CheckJournals compares entries among themselves and with the invoice that they post.
	CheckJournals = `
SELECT 'journal ' || journal.journal_id::text, COALESCE(entries.debit, 0)::text, COALESCE(entries.credit, 0)::text,
       'debits and credits of the posting of ' || journal.source_id::text
FROM journal
LEFT JOIN (SELECT journal_id, sum(debit_minor) AS debit, sum(credit_minor) AS credit FROM journal_entry GROUP BY journal_id) AS entries
    ON entries.journal_id = journal.journal_id
WHERE COALESCE(entries.debit, 0) <> COALESCE(entries.credit, 0)
UNION ALL
SELECT 'journal ' || journal.journal_id::text, sum(entry.base_debit_minor)::text, sum(entry.base_credit_minor)::text,
       'debits and credits in the base currency of the posting of ' || journal.source_id::text
FROM journal JOIN journal_entry AS entry ON entry.journal_id = journal.journal_id
GROUP BY journal.journal_id, journal.source_id HAVING sum(entry.base_debit_minor) <> sum(entry.base_credit_minor)
UNION ALL
SELECT 'journal ' || journal.journal_id::text, sum(entry.debit_minor)::text, sum(entry.base_debit_minor)::text,
       'debits of the posting, and in the base currency, which is the same'
FROM journal JOIN journal_entry AS entry ON entry.journal_id = journal.journal_id
WHERE journal.currency_code = journal.base_currency_code
GROUP BY journal.journal_id HAVING sum(entry.debit_minor) <> sum(entry.base_debit_minor)
UNION ALL
SELECT 'journal entry of ' || entry.journal_id::text, entry.debit_minor::text, entry.credit_minor::text, 'an entry of no journal'
FROM journal_entry AS entry LEFT JOIN journal ON journal.journal_id = entry.journal_id WHERE journal.journal_id IS NULL
UNION ALL
SELECT 'invoice ' || invoice.invoice_id::text, (invoice.net_minor + invoice.tax_minor)::text, COALESCE(posted.receivable, 0)::text,
       'total, and what is posted as receivable'
FROM invoice
LEFT JOIN journal ON journal.journal_id = invoice.journal_id AND journal.source_id = invoice.invoice_id
    AND journal.legal_entity = invoice.legal_entity AND journal.currency_code = invoice.currency_code
LEFT JOIN (SELECT journal_id, sum(debit_minor) AS receivable FROM journal_entry WHERE ledger = 'RECEIVABLE' GROUP BY journal_id) AS posted
    ON posted.journal_id = journal.journal_id
WHERE invoice.state <> 'TAX_PENDING'
    AND (journal.journal_id IS NULL OR COALESCE(posted.receivable, 0) <> invoice.net_minor + invoice.tax_minor)
UNION ALL
SELECT 'document ' || journal.source_id::text, count(*)::text, '1', 'postings of the document'
FROM journal GROUP BY journal.source_id HAVING count(*) <> 1
LIMIT 100`

	// CheckTotals compares heads with lines and taxes.
	CheckTotals = `
SELECT 'invoice ' || invoice.invoice_id::text, invoice.net_minor::text, (COALESCE(lines.net, 0) + COALESCE(charges.net, 0))::text,
       'net on the head, and of its lines and charges'
FROM invoice LEFT JOIN (SELECT invoice_id, sum(net_minor) AS net, sum(discount_minor) AS discount FROM invoice_line GROUP BY invoice_id) AS lines
    ON lines.invoice_id = invoice.invoice_id
LEFT JOIN (SELECT invoice_id, sum(net_minor) AS net FROM invoice_charge GROUP BY invoice_id) AS charges
    ON charges.invoice_id = invoice.invoice_id
WHERE COALESCE(lines.net, 0) + COALESCE(charges.net, 0) <> invoice.net_minor
UNION ALL
SELECT 'invoice ' || lines.invoice_id::text, lines.discount::text, COALESCE(charges.net, 0)::text, 'discounts of its lines, and of the order'
FROM (SELECT invoice_id, sum(discount_minor) AS discount FROM invoice_line GROUP BY invoice_id) AS lines
LEFT JOIN (SELECT invoice_id, sum(net_minor) AS net FROM invoice_charge WHERE type = 'DISCOUNT' GROUP BY invoice_id) AS charges
    ON charges.invoice_id = lines.invoice_id
WHERE lines.discount <> COALESCE(charges.net, 0)
UNION ALL
SELECT 'invoice ' || invoice.invoice_id::text, invoice.tax_minor::text, COALESCE(taxes.amount, 0)::text, 'tax on the head, and of its lines'
FROM invoice LEFT JOIN (SELECT invoice_id, sum(amount_minor) AS amount FROM invoice_tax GROUP BY invoice_id) AS taxes
    ON taxes.invoice_id = invoice.invoice_id
WHERE COALESCE(taxes.amount, 0) <> invoice.tax_minor
LIMIT 100`

	// CheckQueue compares states with the queue.
	CheckQueue = `
SELECT 'invoice ' || invoice.invoice_id::text, invoice.state, CASE WHEN pending.invoice_id IS NULL THEN 'not queued' ELSE 'queued' END, ''
FROM invoice LEFT JOIN invoice_pending AS pending ON pending.invoice_id = invoice.invoice_id
WHERE (invoice.state = 'TAX_PENDING' AND invoice.discarded_at IS NULL) <> (pending.invoice_id IS NOT NULL)
UNION ALL
SELECT 'invoice ' || pending.invoice_id::text, 'absent', 'queued', ''
FROM invoice_pending AS pending LEFT JOIN invoice ON invoice.invoice_id = pending.invoice_id WHERE invoice.invoice_id IS NULL
LIMIT 100`

	// CheckExposure folds claims, invoices and credit memos into the terms of each account.
	CheckExposure = `
SELECT 'account ' || credit.account_id,
       credit.receivable_minor::text || ' / ' || credit.open_credit_minor::text || ' / ' ||
       credit.unapplied_cash_minor::text || ' / ' || credit.not_invoiced_minor::text || ' / ' || credit.open_orders_minor::text || ' / ' || credit.secured_minor::text,
       COALESCE(invoices.receivable, 0)::text || ' / ' || COALESCE(memos.unapplied, 0)::text || ' / ' || COALESCE(payments.unapplied, 0)::text || ' / ' ||
       COALESCE(invoices.not_invoiced, 0)::text || ' / ' || (COALESCE(claims.open, 0) + COALESCE(invoices.open_orders, 0))::text || ' / ' ||
       COALESCE(intents.secured, 0)::text,
       'receivable / open credits / unapplied cash / not invoiced / open orders / secured of the credit row, and of its documents'
FROM credit
LEFT JOIN (SELECT account_id, sum(open_minor) AS open FROM credit_claim GROUP BY account_id) AS claims
    ON claims.account_id = credit.account_id
LEFT JOIN (SELECT account_id, sum(net_minor - fee_minor + tax_minor - applied_minor - refunded_minor) AS unapplied
           FROM credit_memo WHERE state = 'ISSUED' GROUP BY account_id) AS memos
    ON memos.account_id = credit.account_id
LEFT JOIN (SELECT account_id, sum(amount_minor - applied_minor) AS unapplied FROM payment GROUP BY account_id) AS payments
    ON payments.account_id = credit.account_id
LEFT JOIN (SELECT account_id, sum(amount_minor - captured_minor - voided_minor) AS secured
           FROM payment_intent WHERE state = 'AUTHORIZED' AND NOT void_requested GROUP BY account_id) AS intents
    ON intents.account_id = credit.account_id
LEFT JOIN (SELECT account_id,
                  sum(CASE WHEN state <> 'TAX_PENDING' THEN net_minor + tax_minor - applied_cash_minor - applied_credit_minor
                           - written_off_minor ELSE 0 END) AS receivable,
                  sum(CASE WHEN state = 'TAX_PENDING' AND counted THEN not_invoiced_minor ELSE 0 END) AS not_invoiced,
                  sum(CASE WHEN state = 'TAX_PENDING' AND NOT counted THEN open_orders_minor ELSE 0 END) AS open_orders
           FROM invoice GROUP BY account_id) AS invoices
    ON invoices.account_id = credit.account_id
WHERE credit.receivable_minor <> COALESCE(invoices.receivable, 0)
    OR credit.open_credit_minor <> COALESCE(memos.unapplied, 0)
    OR credit.unapplied_cash_minor <> COALESCE(payments.unapplied, 0)
    OR credit.not_invoiced_minor <> COALESCE(invoices.not_invoiced, 0)
    OR credit.open_orders_minor <> COALESCE(claims.open, 0) + COALESCE(invoices.open_orders, 0)
    OR credit.secured_minor <> COALESCE(intents.secured, 0)
LIMIT 100`
)
