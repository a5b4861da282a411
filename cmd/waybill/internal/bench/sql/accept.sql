\set i1 random(1, 2000)
\set i2 random(2001, 4000)
\set i3 random(4001, 6000)
\set i4 random(6001, 8000)
\set i5 random(8001, 10000)
\set a random(1, 1000)
\set hi random(1, 1000000000)
\set lo random(1, 1000000000)
\set shard random(0, 7)
BEGIN;
INSERT INTO seen VALUES ('bench', 'submit_order', :hi::text || '-' || :lo::text, '\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', md5(:hi::text || ':' || :lo::text)::uuid);
INSERT INTO sales_order VALUES (md5(:hi::text || ':' || :lo::text)::uuid, 'BENCH', 'api', :hi::text || '-' || :lo::text, 'ACC-' || lpad(:a::text, 4, '0'), 'ACCEPTED', 'ALLOCATED', 5000, 2, now());
INSERT INTO order_line VALUES (md5(:hi::text || ':' || :lo::text)::uuid, 1, 'ITM-' || lpad(:i1::text, 6, '0'), 1, 1, '10', 1000, '[{"node": "MAIN", "reserved": 1}]'), (md5(:hi::text || ':' || :lo::text)::uuid, 2, 'ITM-' || lpad(:i2::text, 6, '0'), 1, 1, '10', 1000, '[{"node": "MAIN", "reserved": 1}]'), (md5(:hi::text || ':' || :lo::text)::uuid, 3, 'ITM-' || lpad(:i3::text, 6, '0'), 1, 1, '10', 1000, '[{"node": "MAIN", "reserved": 1}]'), (md5(:hi::text || ':' || :lo::text)::uuid, 4, 'ITM-' || lpad(:i4::text, 6, '0'), 1, 1, '10', 1000, '[{"node": "MAIN", "reserved": 1}]'), (md5(:hi::text || ':' || :lo::text)::uuid, 5, 'ITM-' || lpad(:i5::text, 6, '0'), 1, 1, '10', 1000, '[{"node": "MAIN", "reserved": 1}]');
UPDATE balance SET reserved = reserved + 1, version = version + 1 WHERE sku = 'ITM-' || lpad(:i1::text, 6, '0') AND node = 'MAIN' AND on_hand - reserved >= 1;
UPDATE balance SET reserved = reserved + 1, version = version + 1 WHERE sku = 'ITM-' || lpad(:i2::text, 6, '0') AND node = 'MAIN' AND on_hand - reserved >= 1;
UPDATE balance SET reserved = reserved + 1, version = version + 1 WHERE sku = 'ITM-' || lpad(:i3::text, 6, '0') AND node = 'MAIN' AND on_hand - reserved >= 1;
UPDATE balance SET reserved = reserved + 1, version = version + 1 WHERE sku = 'ITM-' || lpad(:i4::text, 6, '0') AND node = 'MAIN' AND on_hand - reserved >= 1;
UPDATE balance SET reserved = reserved + 1, version = version + 1 WHERE sku = 'ITM-' || lpad(:i5::text, 6, '0') AND node = 'MAIN' AND on_hand - reserved >= 1;
INSERT INTO reservation VALUES (md5('r' || :hi::text || ':' || :lo::text)::uuid, 'reserve/' || :hi::text || '-' || :lo::text, md5(:hi::text || ':' || :lo::text)::uuid, 'CONFIRMED');
INSERT INTO reservation_line VALUES (md5('r' || :hi::text || ':' || :lo::text)::uuid, 1, 'MAIN', 'ITM-' || lpad(:i1::text, 6, '0'), 1, 1), (md5('r' || :hi::text || ':' || :lo::text)::uuid, 2, 'MAIN', 'ITM-' || lpad(:i2::text, 6, '0'), 1, 1), (md5('r' || :hi::text || ':' || :lo::text)::uuid, 3, 'MAIN', 'ITM-' || lpad(:i3::text, 6, '0'), 1, 1), (md5('r' || :hi::text || ':' || :lo::text)::uuid, 4, 'MAIN', 'ITM-' || lpad(:i4::text, 6, '0'), 1, 1), (md5('r' || :hi::text || ':' || :lo::text)::uuid, 5, 'MAIN', 'ITM-' || lpad(:i5::text, 6, '0'), 1, 1);
UPDATE credit SET open_orders = open_orders + 5000, version = version + 1 WHERE account = 'ACC-' || lpad(:a::text, 4, '0') AND open_orders + 5000 <= credit_limit;
INSERT INTO claim VALUES (md5('c' || :hi::text || ':' || :lo::text)::uuid, 'claim/' || :hi::text || '-' || :lo::text, 'ACC-' || lpad(:a::text, 4, '0'), 5000, decode(repeat('00112233445566778899aabbccddeeff', 30), 'hex'));
INSERT INTO outgoing VALUES (:shard, md5('1' || :hi::text || ':' || :lo::text)::uuid, 'o' || :lo::text, 1, decode(repeat('00112233445566778899aabbccddeeff', 35), 'hex')), (:shard, md5('2' || :hi::text || ':' || :lo::text)::uuid, 'o' || :lo::text, 2, decode(repeat('00112233445566778899aabbccddeeff', 10), 'hex')), (:shard, md5('3' || :hi::text || ':' || :lo::text)::uuid, 'r' || :lo::text, 1, decode(repeat('00112233445566778899aabbccddeeff', 20), 'hex')), (:shard, md5('4' || :hi::text || ':' || :lo::text)::uuid, 'c' || :lo::text, 1, decode(repeat('00112233445566778899aabbccddeeff', 8), 'hex'));
COMMIT;
