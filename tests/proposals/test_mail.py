"""The mails of a proposal while the mail server is down: tried again, seen by who sent them, not lost."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date

from tests.factories import Make
from tests.factories.people import Person
from tests.helpers.ports import free_port
from tests.helpers.processes import until
from tests.helpers.sink import Sink
from tests.proposals.clockwork import follow


async def mail_of(anna: Person, id: str) -> Any:
    return (await anna.get(f"/api/proposals/{id}")).json["recipients"][0]["mail"]


async def undelivered(make: Make, id: str) -> list[dict[str, Any]]:
    return [e for e in await make.logged(f"proposal:{id}") if e["type"] == "proposal.undelivered"]


async def test_a_mail_server_that_is_down_delays_it_and_the_sender_sees_that(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    day = date(2031, 11, 30)
    german = {"name": "Ida", "email": "ida@down.example", "language": "de"}
    sent, [ida] = await make.sent(anna, recipients=[german], expires_on=str(day))
    first = await mail_of(anna, sent["id"])
    assert (first["state"], first["error"]) == ("waiting", None)
    sink = Sink(free_port())
    await background("tasks.worker", SMTP_URL=sink.url)

    async def delayed() -> Any:
        found = await mail_of(anna, sent["id"])
        return found if found["state"] == "delayed" else None

    assert "onnect" in str((await until(delayed))["error"])
    await sql("UPDATE job SET created_at = created_at - interval '1 hour' WHERE id = $1::text::uuid", first["job_id"])
    await follow(sql)
    await follow(sql)
    [told] = await undelivered(make, sent["id"])
    assert (told["detail"]["name"], told["detail"]["given_up"]) == ("Ida", False)
    shown = (await anna.get(f"/api/proposals/{sent['id']}/activity")).json["items"]
    assert shown[0]["type"] == "proposal.undelivered"

    with sink.up():

        async def arrived() -> bool:  # the pause before another try may be long by now
            await sql("UPDATE job SET run_at = now() WHERE id = $1::text::uuid AND state = 'queued'", first["job_id"])
            return (await mail_of(anna, sent["id"]))["state"] == "sent"

        await until(arrived)
    _, [mail] = sink.of("ida@down.example")
    plain = mail.get_body(("plain",))
    assert plain is not None
    text = plain.get_content()
    assert ida.link in text
    assert format_date(day, "long", locale="de") in text
    assert await mail_of(anna, sent["id"]) == {"state": "sent", "error": None, "job_id": first["job_id"]}


async def test_a_mail_that_is_refused_is_told_and_can_be_sent_again(make: Make, background: Any, sql: Any):
    anna = await make.owner()
    sent, _ = await make.sent(anna, to=("ida@full.example",))
    sink = Sink(free_port())
    sink.answers["ida@full.example"] = ["552 mailbox full"]
    with sink.up():
        await background("tasks.worker", SMTP_URL=sink.url)

        async def state(wanted: str) -> Any:
            found = await mail_of(anna, sent["id"])
            return found if found["state"] == wanted else None

        failed = await until(lambda: state("failed"))
        assert failed["error"] == "The mail server refused it: 552 mailbox full"
        await follow(sql)
        await follow(sql)
        [told] = await undelivered(make, sent["id"])
        assert (told["detail"]["given_up"], told["detail"]["member_ids"]) == (True, [anna.member_id])
        assert await anna.post(f"/api/jobs/{failed['job_id']}/retry") == 200
        await until(lambda: state("sent"))
    assert len(sink.of("ida@full.example")[1]) == 1
