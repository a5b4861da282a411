-- Which things belong to which orders, as events say.
CREATE TABLE IF NOT EXISTS order_link (
    object_id TEXT NOT NULL, -- 'shp_…', 'inv_…'
    order_id  TEXT NOT NULL,
    PRIMARY KEY (object_id, order_id)
);
