-- Gives out per-job sequence numbers and stores frames; readers are woken after commit.
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
    PERFORM pg_notify('iama_feed', p_tenant || ' ' || p_job || ' ' || v_last);
    RETURN v_last;
END $$;

-- Appends one link to the tenant's audit chain: hash = SHA-256(previous hash, text of the body).
CREATE FUNCTION iama_audit(p_tenant uuid, p_type text, p_job uuid, p_actor uuid, p_body jsonb) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
    v_seq bigint;
    v_prev bytea;
    v_body jsonb;
    v_hash bytea;
    v_at timestamptz := clock_timestamp();
BEGIN
    INSERT INTO audit_heads (tenant_id, seq, head_hash) VALUES (p_tenant, 0, ''::bytea) ON CONFLICT DO NOTHING;
    SELECT seq + 1, head_hash INTO v_seq, v_prev FROM audit_heads WHERE tenant_id = p_tenant FOR UPDATE;
    v_body := p_body || jsonb_build_object(
        'seq', v_seq, 'event_type', p_type, 'tenant_id', p_tenant, 'job_id', p_job, 'actor_id', p_actor, 'at', v_at);
    v_hash := sha256(v_prev || convert_to(v_body::text, 'UTF8'));
    INSERT INTO audit_events (tenant_id, seq, event_type, job_id, actor_id, body, prev_hash, event_hash, created_at)
    VALUES (p_tenant, v_seq, p_type, p_job, p_actor, v_body, v_prev, v_hash, v_at);
    UPDATE audit_heads SET seq = v_seq, head_hash = v_hash WHERE tenant_id = p_tenant;
    RETURN v_seq;
END $$;
