-- The floor's statements as one function: returns the key of the order to ship, or null for a copy.
CREATE OR REPLACE FUNCTION bench_confirm(
    its_digest text, its_path text, its_headers text, its_body bytea, now_is timestamptz, its_reference text,
    its_charge text, its_minor bigint, its_currency text, its_fee bigint, its_moment timestamptz, its_raw text
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    its_delivery bigint;
    paying bigint;
    payment raseed_payment%ROWTYPE;
    given bigint;
BEGIN
    INSERT INTO raseed_delivery
        (account, digest, state, method, path, query, headers, body, is_encrypted, facts_summary, received_at,
         read_at, copies, tries, error, payment_id)
    VALUES ('paymongo', its_digest, 'read', 'POST', its_path, '{}', its_headers::jsonb, its_body, false, 'paid',
         now_is, now_is, 1, 0, '', (SELECT id FROM raseed_payment WHERE reference = its_reference))
    ON CONFLICT (account, digest) DO NOTHING
    RETURNING id, payment_id INTO its_delivery, paying;
    IF its_delivery IS NULL THEN
        UPDATE raseed_delivery SET copies = copies + 1 WHERE account = 'paymongo' AND digest = its_digest;
        RETURN NULL;
    END IF;
    SELECT * INTO payment FROM raseed_payment WHERE id = paying FOR NO KEY UPDATE;
    IF payment.state <> 'pending' OR (payment.minor, payment.currency) <> (its_minor, its_currency) THEN
        RETURN NULL;
    END IF;
    INSERT INTO raseed_charge
        (payment_id, account, ref, minor, currency, fee_minor, counts, held, concern, occurred_at, created_at)
    VALUES (paying, 'paymongo', its_charge, its_minor, its_currency, its_fee, true, false, '', its_moment, now_is)
    ON CONFLICT (account, ref) DO NOTHING;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    INSERT INTO raseed_fulfilment
        (payment_id, purpose, payable_key, occasion, state, created_label, created_key, tries, error, created_at,
         fulfilled_at)
    VALUES (paying, payment.purpose, payment.payable_key, payment.occasion, 'done', '', '', 0, '', now_is, now_is)
    ON CONFLICT (purpose, payable_key, occasion) WHERE state IN ('done', 'due') DO NOTHING
    RETURNING id INTO given;
    UPDATE raseed_payment
    SET state = 'paid', first_channel = 'webhook', paid_at = now_is, next_check_at = now_is + interval '1 day',
        check_channel = 'poll', version = version + 1
    WHERE id = paying;
    INSERT INTO raseed_paymentfact
        (payment_id, delivery_id, kind, channel, weight, decision, reason, from_state, to_state, gateway_ref,
         charge_ref, refund_ref, minor, currency, detail, raw, occurred_at, digest, created_at)
    VALUES (paying, its_delivery, 'paid', 'webhook', 'proof', 'move', 'paid', payment.state, 'paid',
         payment.gateway_ref, its_charge, '', its_minor, its_currency, 'payment.paid', its_raw::jsonb, its_moment,
         its_digest, now_is)
    ON CONFLICT DO NOTHING;
    INSERT INTO raseed_posting
        (payment_id, charge_ref, debit, credit, minor, currency, memo, note, created_at)
    VALUES (paying, its_charge, 'gateway:paymongo', 'sales:' || payment.purpose, its_minor, its_currency, 'charge',
            '', now_is),
           (paying, its_charge, 'fees', 'gateway:paymongo', its_fee, its_currency, 'fee', '', now_is);
    RETURN CASE WHEN given IS NULL THEN NULL ELSE payment.payable_key END;
END $$;
