-- Gives out per-job sequence numbers and stores frames; the unit of work wakes readers after its commit.
CREATE FUNCTION iama_record_events(p_tenant uuid, p_job uuid, p_revision bigint, p_events jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_count int := jsonb_array_length(p_events);
    v_last bigint;
BEGIN
    INSERT INTO job_feed_heads (job_id, tenant_id, seq) VALUES (p_job, p_tenant, v_count)
    ON CONFLICT (job_id) DO UPDATE SET seq = job_feed_heads.seq + v_count
    RETURNING seq INTO v_last;
    INSERT INTO job_events (tenant_id, job_id, seq, type, payload, state_revision)
    SELECT p_tenant, p_job, v_last - v_count + ordinality, frame->>'type', coalesce(frame->'payload', '{}'), p_revision
    FROM jsonb_array_elements(p_events) WITH ORDINALITY AS frames(frame, ordinality);
    RETURN v_last;
END $$;

-- Appends one link to the tenant's audit chain: hash = SHA-256(previous hash, text of the body).
CREATE FUNCTION iama_audit(p_tenant uuid, p_type text, p_job uuid, p_actor uuid, p_body jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_seq bigint;
    v_at timestamptz := clock_timestamp();
    v_body jsonb := p_body || jsonb_build_object(
        'event_type', p_type, 'tenant_id', p_tenant, 'job_id', p_job, 'actor_id', p_actor, 'at', v_at);
BEGIN
    LOOP
        WITH link AS (
            UPDATE audit_heads SET seq = seq + 1, prev_hash = head_hash, head_hash = sha256(
                head_hash || convert_to((v_body || jsonb_build_object('seq', seq + 1))::text, 'UTF8'))
            WHERE tenant_id = p_tenant
            RETURNING seq, prev_hash, head_hash
        )
        INSERT INTO audit_events (tenant_id, seq, event_type, job_id, actor_id, body, prev_hash, event_hash, created_at)
        SELECT p_tenant, link.seq, p_type, p_job, p_actor, v_body || jsonb_build_object('seq', link.seq),
               link.prev_hash, link.head_hash, v_at
        FROM link
        RETURNING seq INTO v_seq;
        EXIT WHEN v_seq IS NOT NULL;
        INSERT INTO audit_heads (tenant_id) VALUES (p_tenant) ON CONFLICT DO NOTHING;
    END LOOP;
    RETURN v_seq;
END $$;
