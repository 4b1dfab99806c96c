"""Lists and search at 100,000 contacts: milliseconds as one client sees them that asks one thing after the other."""

from __future__ import annotations

from urllib.parse import quote

import asyncpg

from server.core import cursors
from tests.bench.load import Measured, request, run
from tests.bench.place import Place, wait_for
from tests.bench.rest import sign_in

CONTACTS = 100_000
SYLLABLES = "lind berg quist holm lund moe dahl vik strom gard nes hau fjell sen gren mark stad dal bro sand"
FIRST = "Mara Jonas Lena Amir Siv Kim Ola Per Ida Åse Anna Ben Cleo Dag Eva Finn Greta Hugo Ines Jan"
FILL = """
INSERT INTO contact (id, team_id, kind, name, emails, title, address, created_at)
SELECT gen_random_uuid(), $1, CASE WHEN n % 3 = 0 THEN 'vendor' ELSE 'client' END, f || ' ' || initcap(a || b || c),
    jsonb_build_array(jsonb_build_object('email', lower(f) || n || '@' || a || b || '.example', 'label', '',
        'primary', true)), 'Producer', jsonb_build_object('city', initcap(b || c)), now() - n * interval '1 minute'
FROM generate_series($2::int + 1, $2 + 5000) n, LATERAL (SELECT $3::text[] AS w, $4::text[] AS g) given,
    LATERAL (SELECT g[1 + n % 20] AS f, w[1 + n * 7 % 20] AS a, w[1 + n / 20 % 20] AS b, w[1 + n / 400 % 20] AS c) made
"""
DEEP = "SELECT name, id FROM contact WHERE team_id = $1 AND kind = 'client' ORDER BY name, id OFFSET $2 LIMIT 1"
SEARCHES = {
    "a name": ("Mara Lindberg", "Jonas Holm", "Åse Dahlvik", "Greta Sandbro"),
    "the beginning of one": ("mar", "lindb", "strom", "gre"),
    "one letter": ("m", "a", "g", "l"),
    "name and city": ("mara lund", "ida vik", "ola moe", "eva bro"),
    "a typo": ("Mara Lnidberg", "Jonas Hlomlund", "Greta Sandbor", "Hugo Stromgrad"),
    "nothing there": ("xqzw", "zzyzx", "wwvv", "qqrr"),
}


async def measure(place: Place, count: int) -> dict[str, Measured]:
    """Each request `count` times, over one connection."""
    with place.process("server") as (process, port):
        wait_for(f"http://127.0.0.1:{port}/api/health")
        signed = sign_in(port)
        deep = await _fill(place, signed["team"]["id"])
        plain = "/api/contacts?kind=client&sort=name&limit=50"
        paths = {"list, filter and sort: the first page": [plain], "the same, 60,000 on": [f"{plain}&cursor={deep}"]}
        paths |= {f"search: {what}": [f"/api/search?q={quote(q)}" for q in asked] for what, asked in SEARCHES.items()}
        found = {}
        for name, asked in paths.items():
            wires = [request("GET", path, signed["access_token"]) for path in asked]
            for many in (20, count):  # the first are to get warm
                found[name] = await run(port, process, lambda i, w=wires: w[i % len(w)], many, connections=1)
        return found


async def _fill(place: Place, team: str) -> str:
    """Make the contacts; gives a cursor far into the clients by name."""
    conn = await asyncpg.connect(place.env["DATABASE_URL"])
    await conn.execute("SET ROLE mediaflow_system")
    for made in range(0, CONTACTS, 5000):
        await conn.execute(FILL, team, made, SYLLABLES.split(), FIRST.split())
        # What was planned for a small table, and is kept for this connection, is planned anew.
        await conn.execute("RESET ROLE; ANALYZE contact, subject, subject_key, search_entry; SET ROLE mediaflow_system")
    row = await conn.fetchrow(DEEP, team, CONTACTS * 6 // 10)
    await conn.execute("RESET ROLE")
    await conn.execute("VACUUM ANALYZE")
    await conn.close()
    assert row is not None  # there are more clients than that
    return cursors.encode(["name", row["name"], str(row["id"])])


def table(found: dict[str, Measured]) -> str:
    lines = [f"{f'{CONTACTS:,} contacts':40} {'p50 ms':>8} {'p95 ms':>8}"]
    lines += [f"{name:40} {m.percentile(0.5):8.1f} {m.percentile(0.95):8.1f}" for name, m in found.items()]
    return "\n".join(lines)
