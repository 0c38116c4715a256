"""Writes a camt.053 of bookings whose details name what the bank took."""

from decimal import Decimal

SIDES = {True: "CRDT", False: "DBIT"}


def charge(amount, side="DBIT", included=None):
    told = "" if included is None else f"<ChrgInclInd>{str(included).lower()}</ChrgInclInd>"
    mark = f"<CdtDbtInd>{side}</CdtDbtInd>" if side else ""
    return f'<Chrgs><Rcrd><Amt Ccy="EUR">{amount}</Amt>{mark}{told}</Rcrd></Chrgs>'


def detail(amount, gross="", *, text="", more="", reason="", side=""):
    whole = f'<AmtDtls><TxAmt><Amt Ccy="EUR">{gross}</Amt></TxAmt></AmtDtls>' if gross else ""
    back = f"<RtrInf><Rsn><Cd>{reason}</Cd></Rsn></RtrInf>" if reason else ""
    mark = f"<CdtDbtInd>{side}</CdtDbtInd>" if side else ""
    return (
        f'<TxDtls><Amt Ccy="EUR">{amount}</Amt>{mark}{whole}{more}<RltdPties><Dbtr><Nm>Acme</Nm></Dbtr></RltdPties>'
        f"<RmtInf><Ustrd>{text}</Ustrd></RmtInf>{back}</TxDtls>"
    )


def booked(amount, *details, more="", reference=""):
    """An entry of the signed amount."""
    worth = Decimal(amount)
    return worth, (
        f'<Ntry><Amt Ccy="EUR">{abs(worth)}</Amt><CdtDbtInd>{SIDES[worth >= 0]}</CdtDbtInd><Sts>BOOK</Sts><BookgDt>'
        f"<Dt>2026-11-20</Dt></BookgDt><AcctSvcrRef>{reference}</AcctSvcrRef>{more}"
        f"<NtryDtls>{''.join(details)}</NtryDtls></Ntry>"
    )


def report(*entries):
    def balance(code, amount):
        return (
            f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{abs(amount)}</Amt>'
            f"<CdtDbtInd>{SIDES[amount >= 0]}</CdtDbtInd><Dt><Dt>2026-11-20</Dt></Dt></Bal>"
        )

    ends = balance("OPBD", Decimal("1.00")) + balance("CLBD", 1 + sum(worth for worth, _ in entries))
    return (
        "<Document><BkToCstmrStmt><Stmt><Acct><Id><IBAN>DE89370400440532013000</IBAN></Id><Ccy>EUR</Ccy></Acct>"
        f"{ends}{''.join(text for _, text in entries)}</Stmt></BkToCstmrStmt></Document>"
    )
