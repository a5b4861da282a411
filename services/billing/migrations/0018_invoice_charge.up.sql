-- What an invoice takes of the charges of its order. Positions go on after those of the lines. A discount's tax stands with
-- the lines whose discount it is.
CREATE TABLE IF NOT EXISTS invoice_charge (
    invoice_id UUID NOT NULL,
    position   INT8 NOT NULL CHECK (position > 0),
    charge     INT8 NOT NULL CHECK (charge >= 0), -- its place among the order's charges, from 0
    type       TEXT NOT NULL CHECK (type IN ('DISCOUNT', 'FREIGHT', 'FEE')),
    net_minor  INT8 NOT NULL,
    credited_net_minor INT8 NOT NULL DEFAULT 0 CHECK (credited_net_minor >= 0), -- by credit memos
    PRIMARY KEY (invoice_id, position),
    CHECK ((type = 'DISCOUNT' AND net_minor <= 0 AND credited_net_minor = 0) OR (type <> 'DISCOUNT' AND credited_net_minor <= net_minor))
);
