-- Puts one work item of a job on its queue: the row and the outbox entry commit together.
CREATE FUNCTION iama_add_item(p_tenant uuid, p_job uuid, p_state text, p_revision bigint, p_key text, p_item jsonb)
RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid;
BEGIN
    INSERT INTO workflow_steps (tenant_id, job_id, step_key, kind, queue, state, state_revision, payload,
                                tries_allowed, backoff_seconds, limit_seconds)
    VALUES (p_tenant, p_job, p_key, p_item->>'kind', p_item->>'queue', p_state, p_revision,
            coalesce(p_item->'payload', '{}'), coalesce((p_item->>'tries')::int, 1),
            coalesce((p_item->>'backoff_seconds')::float, 0), coalesce((p_item->>'limit_seconds')::float, 900))
    ON CONFLICT (job_id, step_key) DO NOTHING
    RETURNING id INTO v_id;
    IF v_id IS NOT NULL THEN
        INSERT INTO outbox_events (tenant_id, task, queue, payload)
        VALUES (p_tenant, 'run_item', p_item->>'queue', jsonb_build_object('step_id', v_id, 'tenant_id', p_tenant));
        PERFORM pg_notify('iama_outbox', '');
    END IF;
    RETURN v_id;
END $$;

-- The only writer of a job's status. Answers {"ok": true, ...} or {"error": code, ...}; nothing is written on error.
CREATE FUNCTION iama_transition(p_tenant uuid, p_job uuid, p_expected bigint, p_to text, p_trigger text, p_reason text,
                                p_actor jsonb, p_changes jsonb, p_fact text, p_items jsonb, p_timers jsonb,
                                p_events jsonb)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_job refactor_jobs%ROWTYPE;
    v_new refactor_jobs%ROWTYPE;
    v_revision bigint;
    v_item jsonb;
    v_ordinal int := 0;
    v_at timestamptz := clock_timestamp();
BEGIN
    SELECT * INTO v_job FROM refactor_jobs WHERE id = p_job AND tenant_id = p_tenant FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('error', 'JOB_NOT_FOUND');
    END IF;
    IF v_job.state_revision <> p_expected THEN
        RETURN jsonb_build_object('error', 'STATE_REVISION_CONFLICT', 'status', v_job.status,
                                  'state_revision', v_job.state_revision);
    END IF;
    IF NOT EXISTS (SELECT 1 FROM legal_transitions WHERE from_state = v_job.status AND to_state = p_to) THEN
        RETURN jsonb_build_object('error', 'TRANSITION_NOT_ALLOWED', 'status', v_job.status,
                                  'state_revision', v_job.state_revision);
    END IF;
    v_revision := p_expected + 1;
    v_new := jsonb_populate_record(v_job, p_changes);

    PERFORM set_config('iama.transition', 'on', true);
    UPDATE refactor_jobs SET
        status = p_to, state_revision = v_revision, state_entered_at = v_at, updated_at = v_at,
        head_sha_at_start = v_new.head_sha_at_start, attempt_count = v_new.attempt_count,
        attempt_total = v_new.attempt_total, identical_failure_count = v_new.identical_failure_count,
        failure_pattern_fingerprint = v_new.failure_pattern_fingerprint, cycle_number = v_new.cycle_number,
        next_attempt_number = v_new.next_attempt_number, current_phase = v_new.current_phase,
        escalation_declined_cycle = v_new.escalation_declined_cycle, checkpoint = v_new.checkpoint,
        spec_status = v_new.spec_status, resume_state = v_new.resume_state, terminal_target = v_new.terminal_target,
        wait_kind = v_new.wait_kind, wait_deadline_at = v_new.wait_deadline_at,
        timeout_choice = v_new.timeout_choice, test_timeout_seconds = v_new.test_timeout_seconds,
        baseline_mode_used = v_new.baseline_mode_used, baseline_mode_wanted = v_new.baseline_mode_wanted,
        ast_confidence = v_new.ast_confidence,
        selected_proposal_id = v_new.selected_proposal_id, accepted_hazards = v_new.accepted_hazards,
        approved_spec_revision_id = v_new.approved_spec_revision_id, cancel_wished = v_new.cancel_wished,
        failure_reason = v_new.failure_reason, failure_class = v_new.failure_class,
        failure_detail = v_new.failure_detail, publishing_closed_reason = v_new.publishing_closed_reason,
        artifact_expires_at = v_new.artifact_expires_at, started_at = v_new.started_at,
        completed_at = v_new.completed_at, repo_label = v_new.repo_label, source_branch = v_new.source_branch
    WHERE id = p_job;
    PERFORM set_config('iama.transition', 'off', true);

    UPDATE workflow_timers SET cancelled_at = v_at
    WHERE job_id = p_job AND fired_at IS NULL AND cancelled_at IS NULL;
    UPDATE workflow_steps SET cancel_requested_at = coalesce(cancel_requested_at, v_at), finished_at = v_at,
                              status = 'CANCELLED'
    WHERE job_id = p_job AND status IN ('READY', 'RUNNING');

    INSERT INTO job_transitions (tenant_id, job_id, state_revision, from_state, to_state, trigger, reason_code,
                                 actor_kind, actor_ref, surface, fact, created_at)
    VALUES (p_tenant, p_job, v_revision, v_job.status, p_to, p_trigger, p_reason, p_actor->>'kind', p_actor->>'ref',
            p_actor->>'surface', p_fact, v_at);
    PERFORM iama_audit(p_tenant, 'job.transition', p_job, (p_actor->>'user_id')::uuid, jsonb_build_object(
        'old_state', v_job.status, 'new_state', p_to, 'trigger', p_trigger, 'reason_code', p_reason,
        'state_revision', v_revision, 'actor', p_actor));
    PERFORM iama_record_events(p_tenant, p_job, v_revision, jsonb_build_array(jsonb_build_object(
        'type', 'state_change', 'payload', jsonb_build_object(
            'state', p_to, 'from', v_job.status, 'trigger', p_trigger, 'reason', p_reason, 'fact', p_fact)
        )) || coalesce(p_events, '[]'));

    FOR v_item IN SELECT * FROM jsonb_array_elements(coalesce(p_items, '[]')) LOOP
        v_ordinal := v_ordinal + 1;
        PERFORM iama_add_item(p_tenant, p_job, p_to, v_revision,
                              v_revision || ':' || (v_item->>'kind') || ':' || v_ordinal, v_item);
    END LOOP;
    INSERT INTO workflow_timers (tenant_id, job_id, kind, state_revision, fires_at)
    SELECT p_tenant, p_job, timer->>'kind', v_revision, v_at + make_interval(secs => (timer->>'seconds')::float)
    FROM jsonb_array_elements(coalesce(p_timers, '[]')) AS timer;
    RETURN jsonb_build_object('ok', true, 'from', v_job.status, 'status', p_to, 'state_revision', v_revision);
END $$;

-- Refuses every status write that did not come through iama_transition, and every pair outside the table.
CREATE FUNCTION iama_guard_job_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.status <> 'PENDING' OR NEW.state_revision <> 0 THEN
            RAISE EXCEPTION 'a job begins in PENDING at revision 0' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.status IS DISTINCT FROM OLD.status THEN
        IF NOT EXISTS (SELECT 1 FROM legal_transitions WHERE from_state = OLD.status AND to_state = NEW.status) THEN
            RAISE EXCEPTION 'illegal transition % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.state_revision <> OLD.state_revision + 1 THEN
            RAISE EXCEPTION 'a transition raises the revision by one' USING ERRCODE = 'check_violation';
        END IF;
        IF coalesce(current_setting('iama.transition', true), 'off') <> 'on' THEN
            RAISE EXCEPTION 'status is written by iama_transition only' USING ERRCODE = 'check_violation';
        END IF;
    ELSIF NEW.state_revision <> OLD.state_revision THEN
        RAISE EXCEPTION 'the revision changes with the status only' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER guard_job_status BEFORE INSERT OR UPDATE ON refactor_jobs
FOR EACH ROW EXECUTE FUNCTION iama_guard_job_status();

CREATE FUNCTION iama_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
