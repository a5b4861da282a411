-- How much of each line of a return is credited, counted from the beginning: a return that tells the same twice credits once.
CREATE TABLE IF NOT EXISTS return_credit (
    return_id UUID NOT NULL,
    position  INT8 NOT NULL,
    credited  INT8 NOT NULL CHECK (credited > 0),
    PRIMARY KEY (return_id, position)
);
