"""Files as banks write them, made of lines: what is written here is read back by billing.bank."""

from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import escape

from billing.bank.statement import Line

IBAN = "FR7630006000011234567890189"
NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001."


def amount(cents: int) -> str:
    return f"{abs(cents) // 100}.{abs(cents) % 100:02d}"


def way(cents: int) -> str:
    return "CRDT" if cents >= 0 else "DBIT"


def camt(
    lines: Sequence[Line],
    version: str = "08",
    opening: int | None = 100_00,
    closing: int | None = None,
    iban: str = IBAN,
    until: date = date(2026, 11, 22),
) -> bytes:
    """camt.053.001.02 or .08; `closing`: where it is not what the lines come to."""
    if closing is None and opening is not None:
        closing = opening + sum(each.cents for each in lines)
    since = min((each.day for each in lines), default=until)
    balances = "".join(
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='EUR'>{amount(cents)}</Amt>"
        f"<CdtDbtInd>{way(cents)}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, cents, day in (("OPBD", opening, since), ("CLBD", closing, until))
        if cents is not None
    )
    entries = "\n".join(entry(each, version) for each in lines)
    return (
        f"<?xml version='1.0' encoding='UTF-8'?>\n<Document xmlns='{NAMESPACE}{version}'><BkToCstmrStmt><GrpHdr>"
        f"<MsgId>1</MsgId></GrpHdr><Stmt><Id>1</Id><Acct><Id><IBAN>{iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{balances}\n{entries}\n</Stmt></BkToCstmrStmt></Document>"
    ).encode()


def entry(line: Line, version: str = "08", details: str | None = None) -> str:
    state = "<Sts>BOOK</Sts>" if version == "02" else "<Sts><Cd>BOOK</Cd></Sts>"
    own = f"<AcctSvcrRef>{escape(line.bank_reference)}</AcctSvcrRef>" if line.bank_reference else ""
    details = transaction(line, version) if details is None else details
    back = "<RvslInd>true</RvslInd>" if line.returned else ""
    return (
        f"<Ntry><Amt Ccy='EUR'>{amount(line.cents)}</Amt><CdtDbtInd>{way(line.cents)}</CdtDbtInd>{back}{state}"
        f"<BookgDt><Dt>{line.day}</Dt></BookgDt>{own}<NtryDtls>{details}</NtryDtls></Ntry>"
    )


def transaction(line: Line, version: str = "08", *, with_amount: bool = False) -> str:
    side = "Dbtr" if (line.cents >= 0) is not line.returned else "Cdtr"
    name = f"<Nm>{escape(line.party_name)}</Nm>"
    party = f"<{side}>{name if version == '02' else f'<Pty>{name}</Pty>'}</{side}>" if line.party_name else ""
    account = f"<{side}Acct><Id><IBAN>{line.party_iban}</IBAN></Id></{side}Acct>" if line.party_iban else ""
    reference = f"<Strd><CdtrRefInf><Ref>{line.reference}</Ref></CdtrRefInf></Strd>" if line.reference else ""
    text = f"<Ustrd>{escape(line.text)}</Ustrd>" if line.text else ""
    sums = f"<Amt Ccy='EUR'>{amount(line.cents)}</Amt>" if with_amount else ""
    return (
        f"<TxDtls><Refs><EndToEndId>{escape(line.end_to_end or 'NOTPROVIDED')}</EndToEndId></Refs>{sums}"
        f"<RltdPties>{party}{account}</RltdPties><RmtInf>{text}{reference}</RmtInf></TxDtls>"
    )


def ofx(lines: Sequence[Line], version: int = 1, closing: int = 100_00, until: date = date(2026, 11, 22)) -> bytes:
    """OFX 1 as French banks write it, in windows-1252 and with tags that are never closed, or 2."""

    def value(tag: str, text: str) -> str:
        return f"<{tag}>{escape(text)}" + (f"</{tag}>" if version == 2 else "") + "\n"

    def sums(cents: int) -> str:
        return f"{'-' if cents < 0 else ''}{amount(cents)}"

    moved = "".join(
        "<STMTTRN>\n"
        + value("TRNTYPE", "CREDIT" if each.cents >= 0 else "DEBIT")
        + value("DTPOSTED", f"{each.day:%Y%m%d}")
        + value("TRNAMT", sums(each.cents))
        + (value("FITID", each.bank_reference) if each.bank_reference else "")
        + value("NAME", each.party_name)
        + value("MEMO", each.text)
        + "</STMTTRN>\n"
        for each in lines
    )
    account = "".join(
        value(tag, text)
        for tag, text in (
            ("BANKID", IBAN[4:9]),
            ("BRANCHID", IBAN[9:14]),
            ("ACCTID", IBAN[14:25]),
            ("ACCTTYPE", "CHECKING"),
            ("ACCTKEY", IBAN[25:]),
        )
    )
    day = f"{until:%Y%m%d}"
    body = (
        f"<OFX>\n<BANKMSGSRSV1>\n<STMTTRNRS>\n<STMTRS>\n{value('CURDEF', 'EUR')}"
        f"<BANKACCTFROM>\n{account}</BANKACCTFROM>\n"
        f"<BANKTRANLIST>\n{value('DTSTART', '20261101')}{value('DTEND', day)}{moved}</BANKTRANLIST>\n"
        f"<LEDGERBAL>\n{value('BALAMT', sums(closing))}{value('DTASOF', day)}</LEDGERBAL>\n"
        "</STMTRS>\n</STMTTRNRS>\n</BANKMSGSRSV1>\n</OFX>\n"
    )
    if version == 2:
        head = "<?xml version='1.0' encoding='UTF-8'?>\n<?OFX OFXHEADER='200' VERSION='211'?>\n"
        return (head + body).encode()
    head = "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n"
    return (head + body).encode("cp1252", errors="xmlcharrefreplace")


def table(lines: Sequence[Line]) -> bytes:
    """A CSV with the account above the titles, amounts with a comma and thousands apart."""
    rows = ["Compte;Association;;", "", "Date;Libellé;Montant;Référence"]
    for each in lines:
        whole = f"{abs(each.cents) // 100:,}".replace(",", "\u00a0")
        text = '"' + each.text.replace('"', '""') + '"'
        sums = f"{'-' if each.cents < 0 else ''}{whole},{abs(each.cents) % 100:02d}"
        rows.append(f"{each.day:%d/%m/%Y};{text};{sums};{each.bank_reference}")
    return "\r\n".join(rows).encode()


TYPED_MAPPING = {
    "delimiter": "semicolon",
    "encoding": "utf-8",
    "days": "dmy",
    "decimal": "comma",
    "col_day": "Date",
    "col_amount": "Montant",
    "col_texts": "Libellé",
    "col_reference": "Référence",
}
