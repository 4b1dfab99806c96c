"""What our documents and the client's page say themselves, by language; who has another one reads English."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Words:
    accept: str = "Accept and sign"
    address: str = "Address"
    agreement: str = "Agreement"
    amount: str = "Amount"
    back: str = "Back to reading"
    certificate: str = "Certificate of signature"
    chain: str = "What happened"
    choose_one: str = "choose one"
    contents: str = "Contents"
    decline: str = "Decline"
    deposit: str = "Due on acceptance"
    description: str = "Description"
    digest: str = "Document digest (SHA-256)"
    discount: str = "Discount"
    download: str = "Download as PDF"
    draft: str = "Draft"
    email: str = "E-mail"
    fingerprint: str = "Certificate of the seal (SHA-256)"
    for_: str = "Prepared for"
    from_: str = "Prepared by"
    included: str = "included"
    local_time: str = "Local time"
    method: str = "Verified by"
    monthly: str = "per month"
    name: str = "Full name"
    not_chosen: str = "not chosen"
    not_trusted: str = (
        "No time-stamp authority confirmed the time of this seal: it is the server's own time (PAdES B-B)."
    )
    number: str = "Proposal"
    of: str = "of"
    optional: str = "optional"
    page: str = "Page"
    price: str = "Price"
    pricing: str = "Investment"
    quantity: str = "Qty"
    questions: str = "Questions"
    recurring: str = "Recurring"
    seal: str = (
        "This document is sealed with a digital signature (PAdES). Any change after the seal can be detected; "
        "the file evidence.json inside it carries the events below with their hashes."
    )
    sent: str = "Sent"
    signature: str = "Signature"
    signed: str = "Signed"
    subtotal: str = "Subtotal"
    tax: str = "Tax"
    tax_included: str = "Prices include tax."
    terms: str = "Terms"
    total: str = "Total"
    trusted: str = "The time of this seal is confirmed by a time-stamp authority (PAdES B-T)."
    user_agent: str = "Browser"
    utc: str = "Time (UTC)"
    valid_until: str = "Valid until"
    verified_code: str = "one-time code sent to the e-mail address"
    verified_link: str = "personal link sent to the e-mail address"
    version: str = "Version"
    yearly: str = "per year"
    accepted: str = "This proposal is signed by all. Thank you."
    ask: str = "Ask a question"
    ask_send: str = "Send question"
    clear: str = "Clear drawing"
    closed: str = "This link is no longer open"
    closed_more: str = "It was withdrawn or has expired. Ask whoever sent it to you for a new one."
    code_label: str = "Code from the e-mail"
    code_more: str = "This proposal is protected: we send a one-time code to your e-mail address."
    code_open: str = "Open the proposal"
    code_send: str = "Send me a code"
    code_title: str = "One moment"
    declined: str = "This proposal was declined."
    draw: str = "Draw your signature, if you like"
    needs_script: str = "To choose options, ask and sign, please switch on JavaScript and load the page again."
    newer: str = "A newer version of this proposal was sent."
    reason: str = "Why not?"
    revising: str = "A newer version of this proposal is being written; this one can no longer be signed."
    show: str = "Show it"
    waiting: str = "Your PDF is being made"
    waiting_more: str = "It opens here by itself in a moment."
    on_already_signed: str = "Somebody has signed it as it is: it can no longer be changed."
    on_being_revised: str = "A newer version is being written; please wait for it."
    on_code_locked: str = "That were too many wrong codes. Please try again in a quarter of an hour."
    on_credentials_wrong: str = "This code is wrong, or has expired."
    on_digest_mismatch: str = "It has changed since it was shown to you. Please look at it again."
    on_not_your_turn: str = "Somebody else has to sign before you."
    on_paper_failed: str = "The PDF cannot be made at the moment. Please try again later."
    on_rate_limited: str = "That was a lot at once. Please wait a moment."
    on_refused: str = "That did not work. Please load the page again."
    on_renderer_unavailable: str = "The PDF cannot be made at the moment. Please try again later."
    on_total_negative: str = "That would be less than nothing. Please choose otherwise."
    on_unreachable: str = "The server cannot be reached. Please check the network."
    on_validation_failed: str = "That cannot be taken as it is. Please check what you entered."
    trying_again: str = "Your choice was not taken yet; it is tried again by itself."

    @property
    def refusals(self) -> dict[str, str]:
        """What the client's page says when something is refused, by the problem's code."""
        return {name.removeprefix("on_"): getattr(self, name) for name in NAMES if name.startswith("on_")}


ENGLISH = Words()
GERMAN = Words(
    accept="Annehmen und unterschreiben",
    address="Adresse",
    agreement="Vereinbarung",
    amount="Betrag",
    back="Zurück zum Angebot",
    certificate="Signaturprotokoll",
    chain="Verlauf",
    choose_one="eines wählen",
    contents="Inhalt",
    decline="Ablehnen",
    deposit="Fällig bei Annahme",
    description="Beschreibung",
    digest="Prüfsumme des Dokuments (SHA-256)",
    discount="Rabatt",
    download="Als PDF herunterladen",
    draft="Entwurf",
    email="E-Mail",
    fingerprint="Zertifikat des Siegels (SHA-256)",
    for_="Erstellt für",
    from_="Erstellt von",
    included="enthalten",
    local_time="Ortszeit",
    method="Bestätigt durch",
    monthly="pro Monat",
    name="Vor- und Nachname",
    not_chosen="nicht gewählt",
    not_trusted=(
        "Die Zeit dieses Siegels hat kein Zeitstempeldienst bestätigt: es ist die Zeit des Servers (PAdES B-B)."
    ),
    number="Angebot",
    of="von",
    optional="optional",
    page="Seite",
    price="Preis",
    pricing="Leistungen und Preise",
    quantity="Menge",
    questions="Fragen",
    recurring="Wiederkehrend",
    seal=(
        "Dieses Dokument ist digital gesiegelt (PAdES). Jede spätere Änderung lässt sich erkennen; die Datei "
        "evidence.json darin enthält den folgenden Verlauf mit seinen Prüfsummen."
    ),
    sent="Gesendet",
    signature="Unterschrift",
    signed="Unterschrieben",
    subtotal="Zwischensumme",
    tax="Steuer",
    tax_included="Die Preise enthalten die Steuer.",
    terms="Bedingungen",
    total="Gesamt",
    trusted="Die Zeit dieses Siegels hat ein Zeitstempeldienst bestätigt (PAdES B-T).",
    user_agent="Browser",
    utc="Zeit (UTC)",
    valid_until="Gültig bis",
    verified_code="Einmalcode an die E-Mail-Adresse",
    verified_link="persönlicher Link an die E-Mail-Adresse",
    version="Fassung",
    yearly="pro Jahr",
    accepted="Dieses Angebot ist von allen unterschrieben. Vielen Dank.",
    ask="Eine Frage stellen",
    ask_send="Frage senden",
    clear="Zeichnung löschen",
    closed="Dieser Link ist nicht mehr offen",
    closed_more="Er wurde zurückgezogen oder ist abgelaufen. Bitten Sie den Absender um einen neuen.",
    code_label="Code aus der E-Mail",
    code_more="Dieses Angebot ist geschützt: wir senden einen Einmalcode an Ihre E-Mail-Adresse.",
    code_open="Angebot öffnen",
    code_send="Code senden",
    code_title="Einen Moment",
    declined="Dieses Angebot wurde abgelehnt.",
    draw="Unterschrift zeichnen, wenn Sie möchten",
    needs_script="Zum Wählen, Fragen und Unterschreiben schalten Sie bitte JavaScript ein und laden die Seite neu.",
    newer="Eine neuere Fassung dieses Angebots wurde gesendet.",
    reason="Warum nicht?",
    revising="Eine neuere Fassung dieses Angebots wird geschrieben; diese kann nicht mehr unterschrieben werden.",
    show="Anzeigen",
    waiting="Ihr PDF wird erstellt",
    waiting_more="Es öffnet sich hier gleich von selbst.",
    on_already_signed="Es wurde bereits so unterschrieben und kann nicht mehr geändert werden.",
    on_being_revised="Eine neuere Fassung wird geschrieben; bitte warten Sie darauf.",
    on_code_locked="Das waren zu viele falsche Codes. Bitte versuchen Sie es in einer Viertelstunde wieder.",
    on_credentials_wrong="Dieser Code ist falsch oder abgelaufen.",
    on_digest_mismatch="Es hat sich geändert, seit es Ihnen gezeigt wurde. Bitte sehen Sie es noch einmal an.",
    on_not_your_turn="Vor Ihnen muss noch jemand anderes unterschreiben.",
    on_paper_failed="Das PDF lässt sich gerade nicht erstellen. Bitte versuchen Sie es später wieder.",
    on_rate_limited="Das war viel auf einmal. Bitte warten Sie einen Moment.",
    on_refused="Das hat nicht geklappt. Bitte laden Sie die Seite neu.",
    on_renderer_unavailable="Das PDF lässt sich gerade nicht erstellen. Bitte versuchen Sie es später wieder.",
    on_total_negative="Das wäre weniger als nichts. Bitte wählen Sie anders.",
    on_unreachable="Der Server ist nicht zu erreichen. Bitte prüfen Sie die Verbindung.",
    on_validation_failed="Das lässt sich so nicht übernehmen. Bitte prüfen Sie Ihre Eingabe.",
    trying_again="Ihre Auswahl ist noch nicht übernommen; es wird von selbst wieder versucht.",
)
LANGUAGES = {"en": ENGLISH, "de": GERMAN}
NAMES = tuple(f.name for f in fields(Words))


def words(language: str) -> Words:
    return LANGUAGES.get(language, ENGLISH)
