package store

// CheckExchange compares the exchange differences with their postings and with what the invoices say.
const CheckExchange = `
SELECT 'exchange difference ' || difference.exchange_difference_id::text, difference.base_gain_minor::text,
       COALESCE(posted.gain, 0)::text, 'gain, and what is posted to the exchange differences'
FROM exchange_difference AS difference
LEFT JOIN journal ON journal.journal_id = difference.journal_id AND journal.source_id = difference.exchange_difference_id
    AND journal.source = 'EXCHANGE_DIFFERENCE'
LEFT JOIN (SELECT journal_id, sum(base_credit_minor - base_debit_minor) AS gain FROM journal_entry
           WHERE ledger = 'EXCHANGE_DIFFERENCE' GROUP BY journal_id) AS posted ON posted.journal_id = journal.journal_id
WHERE COALESCE(posted.gain, 0) <> difference.base_gain_minor
UNION ALL
SELECT 'invoice ' || invoice.invoice_id::text, invoice.exchange_gain_minor::text, COALESCE(differences.gain, 0)::text,
       'exchange gain of the invoice, and of its differences'
FROM invoice LEFT JOIN (SELECT invoice_id, sum(base_gain_minor) AS gain FROM exchange_difference GROUP BY invoice_id) AS differences
    ON differences.invoice_id = invoice.invoice_id
WHERE invoice.exchange_gain_minor <> COALESCE(differences.gain, 0)
LIMIT 100`

// CheckBlocks compares the credit rows with the blocked orders.
const CheckBlocks = `
SELECT 'account ' || credit.account_id, credit.blocked_orders::text, COALESCE(blocks.orders, 0)::text, 'blocked orders of the credit row, and counted'
FROM credit LEFT JOIN (SELECT account_id, count(*) AS orders FROM credit_block WHERE blocked GROUP BY account_id) AS blocks
    ON blocks.account_id = credit.account_id
WHERE credit.blocked_orders <> COALESCE(blocks.orders, 0)
LIMIT 100`

// CheckCash compares payments and write-offs with their postings: a row (entity, left, right, detail) for each that differs.
const CheckCash = `
SELECT 'payment ' || payment.payment_id::text, payment.amount_minor::text, COALESCE(posted.cash, 0)::text || ' / ' || COALESCE(posted.receivable, 0)::text,
       'amount, and what is posted to the cash / off the receivables'
FROM payment
LEFT JOIN journal ON journal.journal_id = payment.journal_id AND journal.source_id = payment.payment_id
    AND journal.source = 'PAYMENT' AND journal.legal_entity = payment.legal_entity AND journal.currency_code = payment.currency_code
LEFT JOIN (SELECT journal_id, sum(CASE WHEN ledger = 'CASH' THEN debit_minor ELSE 0 END) AS cash,
                  sum(CASE WHEN ledger = 'RECEIVABLE' THEN credit_minor ELSE 0 END) AS receivable
           FROM journal_entry GROUP BY journal_id) AS posted
    ON posted.journal_id = journal.journal_id
WHERE journal.journal_id IS NULL OR COALESCE(posted.cash, 0) <> payment.amount_minor
    OR COALESCE(posted.receivable, 0) <> payment.amount_minor
UNION ALL
SELECT 'write-off ' || write_off.write_off_id::text, write_off.amount_minor::text,
       COALESCE(posted.bad_debt, 0)::text || ' / ' || COALESCE(posted.receivable, 0)::text,
       'amount, and what is posted to the bad debts / off the receivables'
FROM write_off
LEFT JOIN journal ON journal.journal_id = write_off.journal_id AND journal.source_id = write_off.write_off_id
    AND journal.source = 'WRITE_OFF'
LEFT JOIN (SELECT journal_id, sum(CASE WHEN ledger = 'BAD_DEBT' THEN debit_minor ELSE 0 END) AS bad_debt,
                  sum(CASE WHEN ledger = 'RECEIVABLE' THEN credit_minor ELSE 0 END) AS receivable
           FROM journal_entry GROUP BY journal_id) AS posted
    ON posted.journal_id = journal.journal_id
WHERE journal.journal_id IS NULL OR COALESCE(posted.bad_debt, 0) <> write_off.amount_minor
    OR COALESCE(posted.receivable, 0) <> write_off.amount_minor
LIMIT 100`
