"""A bus that drops, doubles, delays and reorders what the processes tell each other."""

from __future__ import annotations

from tests.faults.scene import Scene, case
from tests.faults.wires import bad_luck, undisturbed


@case(11, "a bus that drops, doubles, delays and reorders")
async def run(scene: Scene) -> str:
    wires = [redis for _, redis in scene.world.wires]
    await scene.clients_at_each()
    before = [dict(wire.seen) for wire in wires]
    for wire in wires:
        wire.disturb = bad_luck(scene.chance, 0.3)
    try:
        scene.write()
        await scene.writers.more(scene.form.changes * 3)
        await scene.rest()
    finally:
        for wire in wires:
            wire.disturb = undisturbed
    struck = {n: sum(w.seen[n] - b[n] for w, b in zip(wires, before, strict=True)) for n in wires[0].seen}
    assert min(struck.values()) > 0, struck
    return ", ".join(f"{count} {name}" for name, count in struck.items())
