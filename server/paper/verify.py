"""Is this sealed PDF genuine and unchanged?

`python -m server.paper.verify FILE.pdf [--known SEALS.pem] [--authorities CLOCKS.pem]`

Needs no server and no network. It answers as JSON and ends with 0 for a genuine document, with 1 for any other.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import logging
import resource
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asn1crypto import pem, x509
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from server.paper import chain

SECONDS, BYTES = 20, 2 * 2**30
Report = dict[str, Any]
REASONS = {
    "genuine": "The document is as it was sealed.",
    "not_a_pdf": "This is no PDF.",
    "unreadable": "The PDF is broken: it cannot be read to its end.",
    "encrypted": "The PDF is locked with a password: open it, and print it without one.",
    "unsigned": "There is no seal in this PDF.",
    "changed": "The PDF was changed after it was sealed.",
    "foreign": "The PDF is sealed by somebody else.",
    "chain_broken": "The record of what happened to the document does not hold.",
}


def report(reason: str, signatures: list[Report] | None = None, holds: bool = False, at: int | None = None) -> Report:
    return {
        "genuine": reason == "genuine",
        "reason": reason,
        "detail": REASONS[reason],
        "signatures": signatures or [],
        "chain": {"ok": holds, "broken_at": at},
    }


Certificates = Sequence[x509.Certificate]


async def verify(pdf: bytes, known: Certificates | None, authorities: Certificates = ()) -> Report:
    """What can be said of the PDF. `known` are the certificates of those it should be from; None: from anybody.

    `authorities` are the time-stamp authorities (or who vouches for them) whose word is taken: a time stamp stands
    beside what is sealed, so that anybody can put another one of their own making in its place.
    """
    if b"%PDF-" not in pdf[:1024]:
        return report("not_a_pdf")
    try:
        reader = PdfFileReader(io.BytesIO(pdf), strict=False)
        if reader.encrypted:
            return report("encrypted")
        signatures = [await _signature(found, known, authorities) for found in reader.embedded_signatures]
        holds, at = chain.checked(_evidence(reader))
    except Exception as error:  # a hostile file finds any of the parser's errors; all of them say the same
        logging.getLogger(__name__).info("unreadable: %r", error)
        return report("unreadable" if isinstance(error, PdfReadError) or b"/ByteRange" not in pdf else "changed")
    if not signatures:
        return report("unsigned", [], holds, at)
    if not all(s["intact"] and s["valid"] for s in signatures) or not signatures[-1]["covers_all"]:
        return report("changed", signatures, holds, at)
    if not all(s["known"] for s in signatures):
        return report("foreign", signatures, holds, at)
    return report("genuine" if holds else "chain_broken", signatures, holds, at)


async def _signature(found: EmbeddedPdfSignature, known: Certificates | None, authorities: Certificates) -> Report:
    roots = ValidationContext(trust_roots=known or [], allow_fetching=False)
    clocks = ValidationContext(trust_roots=authorities, allow_fetching=False)
    status = await async_validate_pdf_signature(found, roots, ts_validation_context=clocks)
    certificate = status.signing_cert
    print_ = certificate.sha256.hex()
    return {
        "signer": certificate.subject.human_friendly,
        "fingerprint": print_,
        "known": known is None or any(print_ == one.sha256.hex() for one in known),
        "intact": bool(status.intact),
        "valid": bool(status.valid),
        "covers_all": status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        **_time(status),
    }


def _time(status: PdfSignatureStatus) -> Report:
    """When it was sealed, and by whose clock."""
    stamp = status.timestamp_validity
    if stamp is not None and stamp.valid and stamp.intact:
        who = "time-stamp authority" if stamp.trusted else "a time-stamp authority that is not known here"
        clock = f"{who}: {stamp.signing_cert.subject.human_friendly}"
        return {"level": "B-T", "at": _utc(stamp.timestamp), "clock": clock}
    return {"level": "B-B", "at": _utc(status.signer_reported_dt), "clock": "the signer's own, not trusted"}


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None


def _evidence(reader: PdfFileReader) -> Any:
    """The evidence in the file, or None."""
    try:
        names = reader.root["/Names"]["/EmbeddedFiles"]["/Names"]
        for at in range(0, len(names), 2):
            if str(names[at]) == chain.NAME:
                return json.loads(names[at + 1]["/EF"]["/F"].data)
    except (KeyError, ValueError, TypeError):
        return None
    return None


def certificates(text: bytes) -> list[x509.Certificate]:
    """Those of a PEM text."""
    found: Any = pem.unarmor(text, multiple=True) if text.strip() else ()
    return [x509.Certificate.load(der) for _, _, der in found]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m server.paper.verify", description=__doc__)
    parser.add_argument("file", help="the PDF, or - for standard input")
    parser.add_argument("--known", help="certificates (PEM) of those it should be from")
    parser.add_argument("--authorities", help="certificates (PEM) of time-stamp authorities whose word is taken")
    given = parser.parse_args()
    # A file made to be hard to read costs its own process, and not for long.
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    logging.disable(logging.CRITICAL)
    pdf = sys.stdin.buffer.read() if given.file == "-" else Path(given.file).read_bytes()
    known = certificates(Path(given.known).read_bytes()) if given.known else None
    authorities = certificates(Path(given.authorities).read_bytes()) if given.authorities else ()
    found = asyncio.run(verify(pdf, known, authorities))
    sys.stdout.write(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
    raise SystemExit(0 if found["genuine"] else 1)


if __name__ == "__main__":
    main()
