-- The history of payments in sixteen parts, by payment. PostgreSQL 13 or newer; stop web processes and workers first.
BEGIN;
LOCK TABLE raseed_paymentfact IN ACCESS EXCLUSIVE MODE;
ALTER TABLE raseed_paymentfact RENAME TO raseed_paymentfact_whole;
CREATE TABLE raseed_paymentfact (LIKE raseed_paymentfact_whole INCLUDING DEFAULTS)
    PARTITION BY HASH (payment_id);
DO $$
BEGIN
    FOR part IN 0..15 LOOP
        EXECUTE format(
            'CREATE TABLE raseed_paymentfact_%s PARTITION OF raseed_paymentfact '
            'FOR VALUES WITH (MODULUS 16, REMAINDER %s)', part, part);
    END LOOP;
END $$;
INSERT INTO raseed_paymentfact SELECT * FROM raseed_paymentfact_whole;

-- Ids go on from where they were. An identity column is not possible in a partitioned table before PostgreSQL 17.
CREATE SEQUENCE raseed_paymentfact_ids OWNED BY raseed_paymentfact.id;
SELECT setval('raseed_paymentfact_ids', (SELECT COALESCE(max(id), 0) + 1 FROM raseed_paymentfact), false);
ALTER TABLE raseed_paymentfact ALTER COLUMN id SET DEFAULT nextval('raseed_paymentfact_ids');
DROP TABLE raseed_paymentfact_whole;

-- Every unique key holds the payment, which is what the parts are made by.
ALTER TABLE raseed_paymentfact ADD PRIMARY KEY (id, payment_id);
ALTER TABLE raseed_paymentfact ADD CONSTRAINT raseed_fact_once UNIQUE (payment_id, channel, digest);
ALTER TABLE raseed_paymentfact ADD FOREIGN KEY (payment_id)
    REFERENCES raseed_payment (id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE raseed_paymentfact ADD FOREIGN KEY (delivery_id)
    REFERENCES raseed_delivery (id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX raseed_fact_delivery ON raseed_paymentfact (delivery_id);
CREATE INDEX raseed_fact_user ON raseed_paymentfact (user_id);
CREATE INDEX raseed_fact_idle ON raseed_paymentfact (created_at) WHERE decision IN ('ask', 'record');
COMMIT;
