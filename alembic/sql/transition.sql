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
    END IF;
    RETURN v_id;
END $$;

-- The only writer of a job's status. Answers {"ok": true, ...} or {"error": code, ...}; nothing is written on error.
-- `p_timer` is the due timer that asks for the change: it counts as fired, the job's other open ones as cancelled.
-- Functions are called by assignment, which spares the start of a statement.
CREATE FUNCTION iama_transition(p_tenant uuid, p_job uuid, p_expected bigint, p_to text, p_trigger text, p_reason text,
                                p_actor jsonb, p_changes jsonb, p_fact text, p_items jsonb, p_timers jsonb,
                                p_events jsonb, p_timer uuid DEFAULT NULL)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_mark text;
    v_seq bigint;
    v_from text;
    v_found bigint;
    v_legal boolean;
    v_revision bigint := p_expected + 1;
    v_at timestamptz := clock_timestamp();
BEGIN
    SELECT status, state_revision,
           EXISTS (SELECT 1 FROM legal_transitions WHERE from_state = status AND to_state = p_to)
    INTO v_from, v_found, v_legal
    FROM refactor_jobs WHERE id = p_job AND tenant_id = p_tenant FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('error', 'JOB_NOT_FOUND');
    END IF;
    IF v_found <> p_expected OR NOT v_legal THEN
        RETURN jsonb_build_object(
            'error', CASE WHEN v_found <> p_expected THEN 'STATE_REVISION_CONFLICT' ELSE 'TRANSITION_NOT_ALLOWED' END,
            'status', v_from, 'state_revision', v_found);
    END IF;

    v_mark := set_config('iama.transition', 'on', true);
    UPDATE refactor_jobs AS job SET
        status = p_to, state_revision = v_revision, state_entered_at = v_at, updated_at = v_at,
        (
            head_sha_at_start, attempt_count, attempt_total, identical_failure_count, failure_pattern_fingerprint,
            cycle_number, next_attempt_number, current_phase, escalation_declined_cycle, checkpoint, spec_status,
            resume_state, terminal_target, wait_kind, wait_deadline_at, timeout_choice, test_timeout_seconds,
            baseline_mode_used, baseline_mode_wanted, ast_confidence, selected_proposal_id, accepted_hazards,
            approved_spec_revision_id, cancel_wished, failure_reason, failure_class, failure_detail,
            publishing_closed_reason, artifact_expires_at, started_at, completed_at, repo_label, source_branch
        ) = (SELECT
            changed.head_sha_at_start, changed.attempt_count, changed.attempt_total, changed.identical_failure_count,
            changed.failure_pattern_fingerprint, changed.cycle_number, changed.next_attempt_number,
            changed.current_phase, changed.escalation_declined_cycle, changed.checkpoint, changed.spec_status,
            changed.resume_state, changed.terminal_target, changed.wait_kind, changed.wait_deadline_at,
            changed.timeout_choice, changed.test_timeout_seconds, changed.baseline_mode_used,
            changed.baseline_mode_wanted, changed.ast_confidence, changed.selected_proposal_id,
            changed.accepted_hazards, changed.approved_spec_revision_id, changed.cancel_wished,
            changed.failure_reason, changed.failure_class, changed.failure_detail, changed.publishing_closed_reason,
            changed.artifact_expires_at, changed.started_at, changed.completed_at, changed.repo_label,
            changed.source_branch
            FROM jsonb_populate_record(job, p_changes) AS changed)
    WHERE job.id = p_job;
    v_mark := set_config('iama.transition', 'off', true);

    WITH timers_ended AS (
        UPDATE workflow_timers SET fired_at = CASE WHEN id = p_timer THEN v_at END,
                                   cancelled_at = CASE WHEN id IS DISTINCT FROM p_timer THEN v_at END
        WHERE job_id = p_job AND fired_at IS NULL AND cancelled_at IS NULL
    ), steps_ended AS (
        UPDATE workflow_steps SET cancel_requested_at = coalesce(cancel_requested_at, v_at), finished_at = v_at,
                                  status = 'CANCELLED'
        WHERE job_id = p_job AND status NOT IN ('DONE', 'FAILED', 'CANCELLED')
    ), steps_begun AS (
        INSERT INTO workflow_steps (tenant_id, job_id, step_key, kind, queue, state, state_revision, payload,
                                    tries_allowed, backoff_seconds, limit_seconds)
        SELECT p_tenant, p_job, v_revision || ':' || (item->>'kind') || ':' || ordinal, item->>'kind', item->>'queue',
               p_to, v_revision, coalesce(item->'payload', '{}'), coalesce((item->>'tries')::int, 1),
               coalesce((item->>'backoff_seconds')::float, 0), coalesce((item->>'limit_seconds')::float, 900)
        FROM jsonb_array_elements(p_items) WITH ORDINALITY AS items(item, ordinal)
        RETURNING id, queue
    ), tasks AS (
        INSERT INTO outbox_events (tenant_id, task, queue, payload)
        SELECT p_tenant, 'run_item', queue, jsonb_build_object('step_id', id, 'tenant_id', p_tenant) FROM steps_begun
    ), timers_begun AS (
        INSERT INTO workflow_timers (tenant_id, job_id, kind, state_revision, fires_at)
        SELECT p_tenant, p_job, timer->>'kind', v_revision, v_at + make_interval(secs => (timer->>'seconds')::float)
        FROM jsonb_array_elements(p_timers) AS timer
    )
    INSERT INTO job_transitions (tenant_id, job_id, state_revision, from_state, to_state, trigger, reason_code,
                                 actor_kind, actor_ref, surface, fact, created_at)
    VALUES (p_tenant, p_job, v_revision, v_from, p_to, p_trigger, p_reason, p_actor->>'kind', p_actor->>'ref',
            p_actor->>'surface', p_fact, v_at);
    v_seq := iama_record_events(p_tenant, p_job, v_revision, jsonb_build_array(jsonb_build_object(
        'type', 'state_change', 'payload', jsonb_build_object(
            'state', p_to, 'from', v_from, 'trigger', p_trigger, 'reason', p_reason, 'fact', p_fact)
        )) || coalesce(p_events, '[]'));
    v_seq := iama_audit(p_tenant, 'job.transition', p_job, (p_actor->>'user_id')::uuid, jsonb_build_object(
        'old_state', v_from, 'new_state', p_to, 'trigger', p_trigger, 'reason_code', p_reason,
        'state_revision', v_revision, 'actor', p_actor));
    RETURN jsonb_build_object('ok', true, 'from', v_from, 'status', p_to, 'state_revision', v_revision,
                              'audit_seq', v_seq);
END $$;

-- A transition that is a whole transaction by itself: names tenant and person to row-level security until the statement
-- ends, then calls iama_transition. With `p_linked` the answer also names the audit link that was written.
CREATE FUNCTION iama_transition_as(p_person uuid, p_linked boolean, p_tenant uuid, p_job uuid, p_expected bigint,
                                   p_to text, p_trigger text, p_reason text, p_actor jsonb, p_changes jsonb,
                                   p_fact text, p_items jsonb, p_timers jsonb, p_events jsonb, p_timer uuid)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_named text := set_config('app.tenant_id', p_tenant::text, true)
                    || set_config('app.actor_id', coalesce(p_person::text, ''), true);
    v_answer jsonb := iama_transition(p_tenant, p_job, p_expected, p_to, p_trigger, p_reason, p_actor, p_changes,
                                      p_fact, p_items, p_timers, p_events, p_timer);
BEGIN
    IF p_linked AND v_answer ? 'ok' THEN
        RETURN v_answer || jsonb_build_object('link', (
            SELECT id FROM audit_events WHERE tenant_id = p_tenant AND seq = (v_answer->>'audit_seq')::bigint));
    END IF;
    RETURN v_answer;
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
