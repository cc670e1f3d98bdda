"""Which words of a number format are currencies.

The table has the codes of ISO 4217, all signs of Unicode's CLDR for every locale, and those that
Excel offers in its list of currencies or that are usual in sheets: ``FCFA``, ``Dhs``, ``Kshs``.
"""

from __future__ import annotations

import re
import unicodedata

_CODES = (
    "AED AFN AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHF CLP CNY COP CRC CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD "
    "HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL "
    "LTL LVL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PGK "
    "PHP PKR PLN PYG QAR RMB RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TND TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWL ZWG DEM "
    "FRF ITL ESP ATS BEF NLG FIM GRD IEP PTE SKK SIT EEK CUC CNH BYR BYB ROL RUR TRL AZM MRO STD VEF ZMK GHC MZM "
)
_DOLLARS = (
    "US$ $US U$S u$s U.S.$ USD$ A$ $A AU$ $AU AUD$ C$ CA$ $CA CAD$ HK$ $HK NT$ NZ$ $NZ NZD$ S$ SG$ $SG R$ BR$ RD$ TT$ $TT BZ$ "
    "$BZ J$ JA$ JM$ N$ $NA MX$ $MX Mex$ FJ$ $FJ F$ $U U$ UY$ $UY $b b$ $AR AR$ CLP$ $CL COP$ COL$ $CO MOP$ $MOP BM$ $BM "
    "Bds$ BDS$ Bd$ BS$ EC$ $EC CI$ KY$ G$ GY$ Sr$ SR$ Sur$ $SR SI$ $SB WS$ $WS L$ LD$ Z$ ZW$ Zim$ CU$ CUC$ NA$ BN$ $BN RH$ "
    "T.T.$ GH₵ GH¢ Gh₵ Gh¢ GB£ UK£ £GB E£ £E EG£ LE£ S£ £S I£ IR£ £IE FK£ £FK GI£ £GI SH£ CY£ £CY £LB SY£ £SY "
    "$RH $SU $ZN KA$ £IL £MT £RU ¥CN CN¥ JP¥ RMB¥ KR₩ TH฿ D₫ NAƒ Rs₨ MN₮ IT₤ ₤IT "
)
_SIGNS = (
    "kr Kr KR DKr DKK NKr SKr Dkr Nkr Skr Ikr Íkr ISK Kč KČ Kč Kc Kčs Kcs zł ZŁ Zł zl Ft lei Lei LEI Fr SFr sFr Sfr SFR sfr "
    "din дин DIN ДИН ден Ден лв ЛВ руб Руб РУБ р Р ₽ грн Грн ГРН hrn крб Br BR б.р бел.руб сом сўм сум soʻm so'm so‘m so’m "
    "soum som сомонӣ сомони смн ман манат AZN тг Тг тнг теңге төг դր դրամ ლარი ლ Lari lari GEL Lek Lekë lek lekë "
    "КМ ЛСЛ ТМТ щ.д TL YTL Tl Тл DM öS ÖS Pts Pta Esc Δρχ δρχ ƒ hfl Afl NAf Lit ECU Kčs зл Кч "
    "euro Euro EURO euros Euros EUROS "
    "Rs RS Rp RP MRs NRs SLRs PRs RM Php PhP NIS Nu Tk Taka đ Đ vnđ VNĐ Vnđ đồng Kip MMK "
    "元 圆 圓 円 원 圓整 元整 港元 港幣 人民币 美元 บาท রু টাকা रु रू रुपये नेरू નેરૂ રૂ ரூ రూ ರೂ രൂ රු ਰੁ ଟଙ୍କା روپے روپیہ "
    "FCFA Fcfa fcfa CFA CFAF FCFP CFP CFPF F.CFA FXPF FBu FRw Frw FRW Fdj Nfk MTn Kz ብር "
    "KSh Ksh KSH KShs Kshs KSHS TSh Tsh TSH TShs Tshs USh Ush USH UShs Ushs Shs Sh.So GHC GHc GH¢ "
    "DH Dh dh DHS Dhs dhs L.E L.L L.S R.O Rls Ptas "
    "S/ B/ Bs Bs.F BsF Bs.S BsS Bs.D BsD Gs Gde Gdes MTn ZiG Vẽj "
    "أ.م ج.س ج.م د.أ د.ا د.إ د.ب د.ت د.ج د.س د.ع د.ك د.ل د.م ر.إ ر.س ر.ع ر.ق ر.ي ل.س ل.ل ف.ج ش.ص ج.ج.س ر ریال ريال تومان "
    "درهم دينار جنيه دج دم دك رس فرانکCFA ރ ל״י ש״ח ש'ח שח සිෆ්එ "
)
# Also units, abbreviations or words: kilometres, identity, knots, a radius.
_UNSURE = (
    "R F KM ID LE DA DT RO RF Rf FC FG FB LL KD LD BD JD QR SR YR UM UP VT Vt LS Ls Lt Le Db Ar Cf Cg Sh Sk mk lv kn den "
    "ZK MK Ks LRs fl ALL TOP CUP PEN SOS "
)
# Also units behind a number (litres, kelvin, thousands of dollars), quarters, or the kind of a thing whose number it is.
_LETTERS = "D E G K L M N P Q S B$ T$ M$ MT Mt CF "


def _normalize(text: str) -> str:
    """Write a sign in the one way that the table has: without blanks, direction marks and a last full stop."""
    chars = (char for char in text if not char.isspace() and unicodedata.category(char) != "Cf")
    return unicodedata.normalize("NFC", "".join(chars)).removesuffix(".")


def _parse_table(words: str) -> frozenset[str]:
    return frozenset(map(_normalize, words.split()))


_SURE = _parse_table(_CODES + _DOLLARS + _SIGNS)
_DOUBTFUL = _parse_table(_UNSURE)
_BEFORE_ONLY = _parse_table(_LETTERS)
_UNQUOTED = sorted((word for word in _SURE | _DOUBTFUL if len(word) > 1), key=len, reverse=True)
_FIRST_CHARS = "".join(sorted({word[0] for word in _UNQUOTED}))
# Signs of several characters, as a regular expression: without quotation marks their letters would be those of dates.
UNQUOTED_SIGN = rf"(?<![^\W\d_])(?=[{re.escape(_FIRST_CHARS)}])(?-i:{'|'.join(map(re.escape, _UNQUOTED))})(?![^\W\d_])\.?"


def is_currency(text: str, *, like_money: bool, before: bool) -> bool:
    """Whether a text is only a currency sign or code.

    ``like_money``: the digits have thousands separators or two decimals. That decides where the same letters are a unit or a
    word too (``KM``, ``R``). ``before``: the text stands before the digits. Most single letters (``L``) are currencies only
    there, because behind the digits they are units.
    """
    sign = _normalize(text)
    chars = "".join(char for char in sign if unicodedata.category(char) != "Sc")
    if not chars or sign in _SURE or chars in _SURE:
        return bool(sign)
    return like_money and (sign in _DOUBTFUL or (before and sign in _BEFORE_ONLY))
