package store

// The statements of the invariants of credit memos: a row (entity, left, right, detail) for each place where one does not
// hold.
const (
	// CheckMemoNumbers relies on the numbers of a legal entity being unique.
	CheckMemoNumbers = `
SELECT 'legal entity ' || COALESCE(counter.legal_entity, given.legal_entity), COALESCE(given.numbers, 0)::text,
       COALESCE(counter.last_number, 0)::text,
       'numbers given, and the counter; highest ' || COALESCE(given.highest, 0)::text || ', lowest ' || COALESCE(given.lowest, 0)::text
FROM credit_memo_counter AS counter
FULL JOIN (SELECT legal_entity, count(DISTINCT number) AS numbers, max(number) AS highest, min(number) AS lowest
           FROM credit_memo WHERE number IS NOT NULL GROUP BY legal_entity) AS given ON given.legal_entity = counter.legal_entity
WHERE COALESCE(given.numbers, 0) <> COALESCE(counter.last_number, 0)
    OR COALESCE(given.highest, 0) <> COALESCE(counter.last_number, 0)
    OR (COALESCE(counter.last_number, 0) > 0 AND COALESCE(given.lowest, 0) <> 1)
LIMIT 100`

	// CheckMemoTotals compares heads with lines, taxes and postings.
	CheckMemoTotals = `
SELECT 'credit memo ' || memo.credit_memo_id::text, memo.net_minor::text || ' / ' || memo.fee_minor::text,
       COALESCE(lines.net, 0)::text || ' / ' || COALESCE(lines.fee, 0)::text, 'net / fee on the head, and of its lines'
FROM credit_memo AS memo
LEFT JOIN (SELECT credit_memo_id, sum(net_minor) AS net, sum(fee_minor) AS fee, count(*) AS amount
           FROM credit_memo_line GROUP BY credit_memo_id) AS lines ON lines.credit_memo_id = memo.credit_memo_id
WHERE COALESCE(lines.net, 0) <> memo.net_minor OR COALESCE(lines.fee, 0) <> memo.fee_minor OR COALESCE(lines.amount, 0) <> memo.line_count
UNION ALL
SELECT 'credit memo ' || memo.credit_memo_id::text, memo.tax_minor::text, COALESCE(taxes.amount, 0)::text, 'tax on the head, and of its lines'
FROM credit_memo AS memo
LEFT JOIN (SELECT credit_memo_id, sum(amount_minor) AS amount FROM credit_memo_tax GROUP BY credit_memo_id) AS taxes
    ON taxes.credit_memo_id = memo.credit_memo_id
WHERE COALESCE(taxes.amount, 0) <> memo.tax_minor
UNION ALL
SELECT 'credit memo ' || memo.credit_memo_id::text, (memo.net_minor - memo.fee_minor + memo.tax_minor)::text,
       COALESCE(posted.receivable, 0)::text, 'total, and what is posted off the receivables'
FROM credit_memo AS memo
LEFT JOIN journal ON journal.journal_id = memo.journal_id AND journal.source_id = memo.credit_memo_id
    AND journal.source = 'CREDIT_MEMO' AND journal.legal_entity = memo.legal_entity AND journal.currency_code = memo.currency_code
LEFT JOIN (SELECT journal_id, sum(credit_minor) AS receivable FROM journal_entry WHERE ledger = 'RECEIVABLE' GROUP BY journal_id) AS posted
    ON posted.journal_id = journal.journal_id
WHERE memo.state = 'ISSUED'
    AND (journal.journal_id IS NULL OR COALESCE(posted.receivable, 0) <> memo.net_minor - memo.fee_minor + memo.tax_minor)
LIMIT 100`

	// CheckCredited compares what the invoices say is credited of them with the lines of the credit memos, and with what was
	// invoiced.
	CheckCredited = `
SELECT 'invoice ' || line.invoice_id::text || ' position ' || line.position::text,
       line.credited_quantity::text || ' / ' || line.credited_net_minor::text,
       COALESCE(memos.quantity, 0)::text || ' / ' || COALESCE(memos.net, 0)::text, 'quantity / net credited, and of the credit memos'
FROM invoice_line AS line
LEFT JOIN (SELECT invoice_id, invoice_position, sum(quantity) AS quantity, sum(credit_memo_line.net_minor) AS net
           FROM credit_memo_line JOIN credit_memo USING (credit_memo_id)
           WHERE invoice_position > 0 AND discarded_at IS NULL GROUP BY invoice_id, invoice_position) AS memos
    ON memos.invoice_id = line.invoice_id AND memos.invoice_position = line.position
WHERE line.credited_quantity <> COALESCE(memos.quantity, 0) OR line.credited_net_minor <> COALESCE(memos.net, 0)
    OR line.credited_quantity > line.quantity OR line.credited_net_minor > line.net_minor + line.discount_minor
UNION ALL
SELECT 'invoice ' || charge.invoice_id::text || ' position ' || charge.position::text, charge.credited_net_minor::text,
       COALESCE(memos.net, 0)::text, 'credited of the charge, and of the credit memos'
FROM invoice_charge AS charge
LEFT JOIN (SELECT invoice_id, invoice_position, sum(credit_memo_line.net_minor) AS net
           FROM credit_memo_line JOIN credit_memo USING (credit_memo_id)
           WHERE invoice_position > 0 AND discarded_at IS NULL GROUP BY invoice_id, invoice_position) AS memos
    ON memos.invoice_id = charge.invoice_id AND memos.invoice_position = charge.position
WHERE charge.credited_net_minor <> COALESCE(memos.net, 0)
UNION ALL
SELECT 'invoice ' || tax.invoice_id::text || ' position ' || tax.position::text, tax.credited::text, COALESCE(memos.amount, 0)::text,
       'tax credited, and of the credit memos'
FROM (SELECT invoice_id, position, sum(credited_minor) AS credited FROM invoice_tax GROUP BY invoice_id, position) AS tax
LEFT JOIN (SELECT line.invoice_id, line.invoice_position, sum(tax.amount_minor) AS amount
           FROM credit_memo_line AS line JOIN credit_memo_tax AS tax
               ON tax.credit_memo_id = line.credit_memo_id AND tax.position = line.position
           JOIN credit_memo ON credit_memo.credit_memo_id = line.credit_memo_id
           WHERE line.invoice_position > 0 AND credit_memo.discarded_at IS NULL GROUP BY line.invoice_id, line.invoice_position) AS memos
    ON memos.invoice_id = tax.invoice_id AND memos.invoice_position = tax.position
WHERE tax.credited <> COALESCE(memos.amount, 0)
LIMIT 100`

	// CheckApplied compares what invoices and credit memos say is applied with the applications.
	CheckApplied = `
SELECT 'invoice ' || invoice.invoice_id::text, invoice.applied_credit_minor::text, COALESCE(applied.amount, 0)::text,
       'credit applied to the invoice, and of the applications'
FROM invoice
LEFT JOIN (SELECT invoice_id, sum(amount_minor) AS amount FROM credit_application GROUP BY invoice_id) AS applied
    ON applied.invoice_id = invoice.invoice_id
WHERE invoice.applied_credit_minor <> COALESCE(applied.amount, 0)
UNION ALL
SELECT 'credit memo ' || memo.credit_memo_id::text, memo.applied_minor::text, COALESCE(applied.amount, 0)::text,
       'applied of the credit memo, and of the applications'
FROM credit_memo AS memo
LEFT JOIN (SELECT credit_memo_id, sum(amount_minor) AS amount FROM credit_application GROUP BY credit_memo_id) AS applied
    ON applied.credit_memo_id = memo.credit_memo_id
WHERE memo.applied_minor <> COALESCE(applied.amount, 0)
UNION ALL
SELECT 'invoice ' || invoice.invoice_id::text, invoice.applied_cash_minor::text, COALESCE(applied.amount, 0)::text,
       'cash applied to the invoice, and of the applications'
FROM invoice
LEFT JOIN (SELECT invoice_id, sum(amount_minor) AS amount FROM cash_application GROUP BY invoice_id) AS applied
    ON applied.invoice_id = invoice.invoice_id
WHERE invoice.applied_cash_minor <> COALESCE(applied.amount, 0)
UNION ALL
SELECT 'payment ' || payment.payment_id::text, payment.applied_minor::text, COALESCE(applied.amount, 0)::text,
       'applied of the payment, and of the applications'
FROM payment
LEFT JOIN (SELECT payment_id, sum(amount_minor) AS amount FROM cash_application GROUP BY payment_id) AS applied
    ON applied.payment_id = payment.payment_id
WHERE payment.applied_minor <> COALESCE(applied.amount, 0)
UNION ALL
SELECT 'invoice ' || invoice.invoice_id::text, invoice.written_off_minor::text, COALESCE(given_up.amount, 0)::text,
       'written off the invoice, and of its write-offs'
FROM invoice
LEFT JOIN (SELECT invoice_id, sum(amount_minor) AS amount FROM write_off GROUP BY invoice_id) AS given_up
    ON given_up.invoice_id = invoice.invoice_id
WHERE invoice.written_off_minor <> COALESCE(given_up.amount, 0)
UNION ALL
SELECT 'invoice ' || invoice_id::text, (net_minor + tax_minor)::text,
       (applied_cash_minor + applied_credit_minor + written_off_minor)::text, 'total, and what of it is settled'
FROM invoice
WHERE applied_cash_minor + applied_credit_minor + written_off_minor > net_minor + tax_minor
    OR (settled_by <> '') <> (state = 'ISSUED' AND applied_cash_minor + applied_credit_minor + written_off_minor = net_minor + tax_minor)
LIMIT 100`

	// CheckMemoQueue compares states with the queue.
	CheckMemoQueue = `
SELECT 'credit memo ' || COALESCE(memo.credit_memo_id, pending.credit_memo_id)::text, COALESCE(memo.state, 'absent'),
       CASE WHEN pending.credit_memo_id IS NULL THEN 'not queued' ELSE 'queued' END, ''
FROM credit_memo AS memo FULL JOIN credit_memo_pending AS pending ON pending.credit_memo_id = memo.credit_memo_id
WHERE memo.credit_memo_id IS NULL OR (memo.state = 'PENDING' AND memo.discarded_at IS NULL) <> (pending.credit_memo_id IS NOT NULL)
LIMIT 100`
)
