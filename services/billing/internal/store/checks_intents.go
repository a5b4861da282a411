package store

const (
	// CheckIntents compares payment intents with their operations, captures with the payments that they have become, refunds
	// with their postings and the credit memos that they pay out: a row (entity, left, right, detail) for each that differs.
	CheckIntents = `
SELECT 'payment intent ' || intent.intent_id::text, intent.captured_minor::text || ' / ' || intent.refunded_minor::text,
       COALESCE(done.captured, 0)::text || ' / ' || COALESCE(done.refunded, 0)::text,
       'captured / refunded of ' || intent.amount_minor::text || ', and of its operations; ' || COALESCE(done.sent, 0)::text || ' are sent'
FROM payment_intent AS intent
LEFT JOIN (SELECT intent_id, sum(CASE WHEN kind = 'CAPTURE' AND state = 'DONE' THEN amount_minor ELSE 0 END) AS captured,
                  sum(CASE WHEN kind = 'REFUND' AND state = 'DONE' THEN amount_minor ELSE 0 END) AS refunded,
                  sum(CASE WHEN kind = 'CAPTURE' AND state = 'SENT' THEN amount_minor ELSE 0 END) AS sent
           FROM payment_operation GROUP BY intent_id) AS done ON done.intent_id = intent.intent_id
WHERE intent.captured_minor <> COALESCE(done.captured, 0) OR intent.refunded_minor <> COALESCE(done.refunded, 0)
    OR intent.captured_minor + intent.voided_minor + COALESCE(done.sent, 0) > intent.amount_minor
UNION ALL
SELECT 'capture ' || capture.operation_id::text, capture.amount_minor::text, COALESCE(payment.amount_minor, 0)::text,
       'captured, and the payment that it has become'
FROM payment_operation AS capture JOIN payment_intent AS intent ON intent.intent_id = capture.intent_id
LEFT JOIN payment ON payment.payment_id = capture.operation_id AND payment.account_id = intent.account_id
    AND payment.currency_code = intent.currency_code
WHERE capture.kind = 'CAPTURE' AND COALESCE(payment.amount_minor, 0) <> CASE WHEN capture.state = 'DONE' THEN capture.amount_minor ELSE 0 END
UNION ALL
SELECT 'capture ' || capture.operation_id::text, capture.amount_minor::text, refunds.amount::text, 'captured, and what of it is paid back'
FROM payment_operation AS capture
JOIN (SELECT target_id, sum(amount_minor) AS amount FROM payment_operation
      WHERE kind = 'REFUND' AND state <> 'DECLINED' GROUP BY target_id) AS refunds ON refunds.target_id = capture.operation_id
WHERE refunds.amount > capture.amount_minor OR capture.state <> 'DONE'
UNION ALL
SELECT 'refund ' || refund.operation_id::text, refund.amount_minor::text, COALESCE(posted.cash, 0)::text || ' / ' || COALESCE(posted.receivable, 0)::text,
       'amount, and what is posted off the cash / to the receivables'
FROM payment_operation AS refund
LEFT JOIN journal ON journal.journal_id = refund.journal_id AND journal.source_id = refund.operation_id AND journal.source = 'REFUND'
LEFT JOIN (SELECT journal_id, sum(CASE WHEN ledger = 'CASH' THEN credit_minor ELSE 0 END) AS cash,
                  sum(CASE WHEN ledger = 'RECEIVABLE' THEN debit_minor ELSE 0 END) AS receivable
           FROM journal_entry GROUP BY journal_id) AS posted ON posted.journal_id = journal.journal_id
WHERE refund.kind = 'REFUND' AND (COALESCE(posted.cash, 0) <> CASE WHEN refund.state = 'DONE' THEN refund.amount_minor ELSE 0 END
    OR COALESCE(posted.receivable, 0) <> CASE WHEN refund.state = 'DONE' THEN refund.amount_minor ELSE 0 END)
UNION ALL
SELECT 'credit memo ' || memo.credit_memo_id::text, memo.refunded_minor::text, COALESCE(refunds.amount, 0)::text,
       'paid out of the credit memo, and of the refunds'
FROM credit_memo AS memo
LEFT JOIN (SELECT credit_memo_id, sum(amount_minor) AS amount FROM payment_operation
           WHERE kind = 'REFUND' AND state <> 'DECLINED' GROUP BY credit_memo_id) AS refunds ON refunds.credit_memo_id = memo.credit_memo_id
WHERE memo.refunded_minor <> COALESCE(refunds.amount, 0)
    OR memo.refunded_minor + memo.applied_minor > memo.net_minor - memo.fee_minor + memo.tax_minor
LIMIT 100`

	// CheckIntentQueue finds intents about which a provider is to be asked and never would be.
	CheckIntentQueue = `
SELECT 'payment intent ' || intent.intent_id::text, intent.state, 'not queued', ''
FROM payment_intent AS intent
LEFT JOIN payment_intent_pending AS pending ON pending.intent_id = intent.intent_id
LEFT JOIN (SELECT DISTINCT intent_id FROM payment_operation WHERE state IN ('WAITING', 'SENT')) AS unsettled ON unsettled.intent_id = intent.intent_id
WHERE pending.intent_id IS NULL AND (intent.state IN ('CREATED', 'UNKNOWN') OR unsettled.intent_id IS NOT NULL
    OR (intent.state = 'AUTHORIZED' AND intent.void_requested))
LIMIT 100`
)
