-- What was shipped and what became of it: shipped = received + lost + what is in transit (I5).
CREATE TABLE IF NOT EXISTS transfer_line (
    transfer_id UUID NOT NULL,
    position    INT8 NOT NULL,
    sku         TEXT NOT NULL,
    lot         TEXT NOT NULL,
    shipped     INT8 NOT NULL CHECK (shipped > 0),
    received    INT8 NOT NULL CHECK (received >= 0),
    lost        INT8 NOT NULL CHECK (lost >= 0),
    surplus     INT8 NOT NULL CHECK (surplus >= 0),
    PRIMARY KEY (transfer_id, position),
    CONSTRAINT transfer_line_conserved CHECK (received + lost <= shipped)
);
