"""An item that only waits and writes: it measures the queue and carries the fault campaign."""

import asyncio

from services.canon.tasks import ItemKind
from services.workflow.outcomes import Claim, Outcome, Ports, Result
from services.workflow.registry import handles


@handles(ItemKind.PROBE)
async def probe(claim: Claim, ports: Ports) -> Outcome:
    """Wait `seconds` of the payload (default 0), then end."""
    await asyncio.sleep(float(claim.payload.get("seconds", 0)))
    return Outcome(Result.DONE, fact="probed")
