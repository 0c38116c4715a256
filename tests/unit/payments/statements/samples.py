"""Small bank files, one of each format, in the dialects banks write."""

CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<b:Document xmlns:b="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><b:BkToCstmrStmt><b:Stmt>
<b:Id>S-1</b:Id><b:CreDtTm>2026-11-20T18:00:00+01:00</b:CreDtTm>
<b:Acct><b:Id><b:IBAN>DE02120300000000202051</b:IBAN></b:Id><b:Ccy>EUR</b:Ccy></b:Acct>
<b:Bal><b:Tp><b:CdOrPrtry><b:Cd>PRCD</b:Cd></b:CdOrPrtry></b:Tp><b:Amt Ccy="EUR">100.00</b:Amt>
<b:CdtDbtInd>CRDT</b:CdtDbtInd><b:Dt><b:Dt>2026-11-19</b:Dt></b:Dt></b:Bal>
<b:Bal><b:Tp><b:CdOrPrtry><b:Cd>CLBD</b:Cd></b:CdOrPrtry></b:Tp><b:Amt Ccy="EUR">157.50000</b:Amt>
<b:CdtDbtInd>CRDT</b:CdtDbtInd><b:Dt><b:Dt>2026-11-20</b:Dt></b:Dt></b:Bal>
<b:Ntry><b:Amt Ccy="EUR">70.00</b:Amt><b:CdtDbtInd>CRDT</b:CdtDbtInd><b:Sts><b:Cd>BOOK</b:Cd></b:Sts>
<b:BookgDt><b:Dt>2026-11-20</b:Dt></b:BookgDt><b:ValDt><b:Dt>2026-11-21</b:Dt></b:ValDt>
<b:AcctSvcrRef>B-77</b:AcctSvcrRef><b:NtryDtls>
<b:TxDtls><b:Refs><b:EndToEndId>NOTPROVIDED</b:EndToEndId></b:Refs><b:Amt Ccy="EUR">40.00</b:Amt>
<b:RltdPties><b:Dbtr><b:Pty><b:Nm>Acme Ltd</b:Nm></b:Pty></b:Dbtr>
<b:DbtrAcct><b:Id><b:IBAN>NL91 ABNA 0417 1643 00</b:IBAN></b:Id></b:DbtrAcct></b:RltdPties>
<b:RmtInf><b:Ustrd>INV-2026-</b:Ustrd><b:Ustrd>00017</b:Ustrd></b:RmtInf></b:TxDtls>
<b:TxDtls><b:Refs><b:EndToEndId>E-2</b:EndToEndId></b:Refs>
<b:AmtDtls><b:TxAmt><b:Amt Ccy="EUR">32.00</b:Amt></b:TxAmt></b:AmtDtls>
<b:Chrgs><b:Rcrd><b:Amt Ccy="EUR">2.00</b:Amt></b:Rcrd></b:Chrgs>
<b:RmtInf><b:Strd><b:CdtrRefInf><b:Ref>RF18 5390 0754 7034</b:Ref></b:CdtrRefInf></b:Strd></b:RmtInf></b:TxDtls>
</b:NtryDtls></b:Ntry>
<b:Ntry><b:Amt Ccy="EUR">12.50</b:Amt><b:CdtDbtInd>DBIT</b:CdtDbtInd><b:RvslInd>true</b:RvslInd><b:Sts>BOOK</b:Sts>
<b:BookgDt><b:DtTm>2026-11-20T08:00:00Z</b:DtTm></b:BookgDt><b:NtryDtls><b:TxDtls>
<b:RltdPties><b:Dbtr><b:Nm>Bolt GmbH</b:Nm></b:Dbtr><b:Cdtr><b:Nm>Us</b:Nm></b:Cdtr></b:RltdPties>
<b:RtrInf><b:Rsn><b:Cd>AC04</b:Cd></b:Rsn></b:RtrInf></b:TxDtls></b:NtryDtls></b:Ntry>
<b:Ntry><b:Amt Ccy="EUR">9.00</b:Amt><b:CdtDbtInd>CRDT</b:CdtDbtInd><b:Sts>PDNG</b:Sts>
<b:ValDt><b:Dt>2026-11-23</b:Dt></b:ValDt></b:Ntry>
</b:Stmt></b:BkToCstmrStmt></b:Document>
"""

GERMAN = """{1:F01BANKDEFFXXXX0000000000}{2:O940BANKDEFFXXXXN}{4:
:20:STARTUMS
:25:10020030/1234567
:28C:00012/001
:60M:C261119EUR100,00
:61:2611211120CR70,50NTRFNONREF//B-77
:86:166?00GUTSCHRIFT?109999?20EREF+E-2?21MREF+M-9?22SVWZ+Rechnung INV-2026-0001?2
37 danke?30BANKDEFF?31DE02120300000000202051?32Möbel ?33Müller
:61:2602300301RC10,NSTO
:86:159?00RETOURE?20SVWZ+zurueck
:62M:C261120EUR160,50
:86:Ende
-}
"""

DUTCH = """:940:
:20:940S261120
:25:NL91ABNA0417164300
:28C:1
:60F:D261119EUR10,
:61:2611201120D1,5NMSCNONREF
:86:/TRTP/SEPA/RTRN/MD06/EREF/E-3/MARF/M-3/NAME/Jansen BV/REMI/USTD//INV 17/
:61:261120C20,NTRFNONREF//B-9
:86:/EREF/E-4//CNTP/NL20INGB0001234567/INGBNL2A/De Vries///REMI/STRD/CUR/RF18539007547034/
:62F:C261120EUR8,5
-
"""

POLISH = """:20:1
:25:PL61109010140000071219812874
:60F:C261119PLN0,
:61:2611201120CN12,30NTRFNONREF//B-1
:86:020^00PRZELEW^20FAKTURA 1^21/2026^32JAN NOWAK^38PL27114020040000300201355387
:61:2611201120DN2,30NTRFNONREF
:86:911 TRANSAKCJA; NA RACH.: 27114020040000300201355387; DLA: ANNA; TYT.: CZYNSZ ; TNR: 1
:62F:C261120PLN10,00
"""

SWISS = """:20:UBS
:25:CH9300762011623852957
:60F:C261119CHF5,
:61:2611201120RD3,NMSCF-1//Z-1
Storno
:62F:C261120CHF8,
-
"""

SGML = """OFXHEADER:100
CHARSET:1252

<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>EUR<BANKACCTFROM><ACCTID>DE 1</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20261101<DTEND>20261120
<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261120120000[-5:EST]<TRNAMT>1.234,50<FITID>F-1<NAME>M&amp;M<MEMO>
</STMTTRN>
<STMTTRN><TRNTYPE>DEBIT<DTPOSTED><TRNAMT>-,50<FITID>F-2<NAME>Fee</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT><DTASOF>20261120</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>
"""

XML_OFX = """<?xml version="1.0"?><?OFX OFXHEADER="200" VERSION="211"?>
<OFX><CREDITCARDMSGSRSV1><CCSTMTTRNRS><CCSTMTRS><CURDEF>JPY</CURDEF><CCACCTFROM><ACCTID>9</ACCTID></CCACCTFROM>
<BANKTRANLIST><STMTTRN><DTPOSTED>20261120</DTPOSTED><TRNAMT>-500.00</TRNAMT>
<NAME><![CDATA[A < B]]></NAME></STMTTRN></BANKTRANLIST>
<LEDGERBAL><BALAMT>-500</BALAMT><DTASOF>20261120</DTASOF></LEDGERBAL></CCSTMTRS></CCSTMTTRNRS></CREDITCARDMSGSRSV1></OFX>
"""

BAI2 = """01,BANK,US,261120,0800,1,80,1,2/
02,US,BANK,1,261120,,CAD,/
03,123 4,,010,10000,,,015,15000,,/
88,100,7000,1,S,7000,0,0/
16,195,7000,V,261121,,B-1,C-1,Wire, from Acme
88,EREF: E-7
88,DBNM: Acme Ltd
16,409,2000,D,2,0,500,1,1500,B-2,,FEE/
49,41000,7/
98,41000,1,9/
99,41000,1,11/
"""

CSV = """Statement of account
Buchungstag;Valuta;Name;IBAN;Verwendungszweck;Betrag;Währung;Saldo;Auftragskonto
20.11.2026;21.11.2026;Acme;NL91ABNA0417164300;"INV-1;
second line";1.000,50;EUR;1.100,50;DE 02
19.11.2026;;Bank;;Fee;-5,00;EUR;100,00;DE 02
"""

ALL = {
    "camt": CAMT, "german": GERMAN, "dutch": DUTCH, "polish": POLISH, "swiss": SWISS,
    "sgml": SGML, "xml ofx": XML_OFX, "bai2": BAI2, "csv": CSV,
}  # fmt: skip
