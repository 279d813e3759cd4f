"""SQL of the scheduler; it runs as the worker role, which sees queue metadata of every tenant and nothing else."""

TAKE_OUTBOX = """
SELECT id, queue, task, payload FROM outbox_events
WHERE published_at IS NULL AND available_at <= clock_timestamp()
ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
"""

MARK_STEPS = """
UPDATE workflow_steps SET published_at = clock_timestamp()
WHERE id IN (SELECT (payload->>'step_id')::uuid FROM outbox_events WHERE id = ANY($1) AND task = 'run_item')
"""

DROP_OUTBOX = "DELETE FROM outbox_events WHERE id = ANY($1)"

RELEASE_LOST_LEASES = """
WITH lost AS (
    UPDATE workflow_steps SET status = 'READY', lost_count = lost_count + 1, lease_token = NULL,
        lease_expires_at = NULL, published_at = clock_timestamp()
    WHERE status = 'RUNNING' AND lease_expires_at < clock_timestamp()
    RETURNING id, tenant_id, queue
)
INSERT INTO outbox_events (tenant_id, task, queue, payload)
SELECT tenant_id, 'run_item', queue, jsonb_build_object('step_id', id, 'tenant_id', tenant_id) FROM lost
"""

UNCLAIMED = """
SELECT id, queue FROM workflow_steps
WHERE status = 'READY' AND available_at < clock_timestamp() - interval '3 seconds'
  AND published_at < clock_timestamp() - interval '3 seconds'
"""
"""Items handed over but not claimed: they wait in their queue, or their entry is lost."""

REPUBLISH = """
WITH lost AS (
    UPDATE workflow_steps SET published_at = clock_timestamp() WHERE id = ANY($1) AND status = 'READY'
    RETURNING id, tenant_id, queue
)
INSERT INTO outbox_events (tenant_id, task, queue, payload)
SELECT tenant_id, 'run_item', queue, jsonb_build_object('step_id', id, 'tenant_id', tenant_id) FROM lost
"""
"""Hands items over again whose entry nobody has any more: a flushed Redis, or a worker killed before its claim."""

DUE_TIMERS = """
SELECT id, tenant_id FROM workflow_timers
WHERE fired_at IS NULL AND cancelled_at IS NULL AND fires_at <= clock_timestamp() ORDER BY fires_at LIMIT $1
"""
