package store

// CheckOnce lists documents that wait although they are posted.
const CheckOnce = `
SELECT p.document_id, p.state, 'posted as ' || d.erp_number, 'order ' || p.order_id
FROM post p JOIN posted d ON d.document_id = p.document_id LIMIT 100`

// CheckOrderFirst lists posted documents whose order is not posted, and not on its way again either.
const CheckOrderFirst = `
SELECT d.document_id, 'posted as ' || d.erp_number, 'order ' || d.order_id || ' is not', ''
FROM posted d LEFT JOIN posted o ON o.document_id = d.order_id || '/0' LEFT JOIN post q ON q.document_id = d.order_id || '/0'
WHERE d.document_id <> d.order_id AND o.document_id IS NULL AND q.document_id IS NULL LIMIT 100`
