"""What shop systems write where they do not know who it was, in the languages of the trade."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

# Without blanks, signs and accents. Some are surnames too: that they come often must be seen beside it.
_WORDS = """
    guest guests guestcustomer guestuser guestcheckout guestorder guestshopper customerguest
    walkin walkins walkincustomer customerwalkin anonymous anonymoususer anonymouscustomer anon anonym
    unknown unknownuser unknowncustomer customerunknown unregistered notregistered notloggedin nocustomer
    nocustomerid nouser defaultcustomer cash cashcustomer cashsale cashsales countersale
    countersales counter retailcustomer pos poscustomer onetimecustomer onetime misc miscellaneous
    various dummy dummycustomer nobody visitor noemail noname publicuser generalpublic
    websitevisitor
    gast gaste gastkunde gastbestellung gastkonto gastbesteller laufkunde laufkundschaft barverkauf
    barkunde barverkaufe anonymerkunde unbekannt unbekannterkunde diverse diversekunden kasse kassenkunde
    thekenverkauf ladenverkauf endkunde einmalkunde
    invite invitee clientinvite visiteur anonyme clientanonyme clientdepassage clientpassage
    comptoir clientcomptoir clientdivers inconnu clientinconnu
    invitado clienteinvitado anonimo clienteanonimo mostrador ventamostrador publicogeneral
    publicoengeneral clientegeneral consumidorfinal clientevarios clientesvarios desconocido
    ospite clienteospite clienteoccasionale sconosciuto venditaalbanco clientebanco
    consumatorefinale
    convidado clienteconvidado visitante desconhecido consumidor clientebalcao clientefinal
    anoniem onbekend onbekendeklant toonbank balieklant contant contanteklant passant passanten
    gastklant winkelverkoop
    gastkund okand okandkund kontantkund kontant gjest ukjent ukendt kontantsalg kontantsalgkunde
    gosc niezalogowany anonimowy nieznany klientdetaliczny detal paragon
    neprihlaseny anonymni vieras tuntematon misafir ziyaretci perakende perakendemusteri
    гость незарегистрированный аноним розничныйпокупатель розница частноелицо физлицо
    ゲスト ゲスト購入 非会員 游客 访客 匿名 散客 게스트 비회원 ضيف زائر tamu umum khachle
"""
_SET = pa.array(
    sorted(
        {
            "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
            for word in _WORDS.split()
        }
    )
)
_ADDRESS = (
    r"^(?:guest|guests|gast|invite|invitado|ospite|convidado|anonymous|anonym|anon|unknown|unbekannt|"
    r"no-?reply|do-?not-?reply|no-?e?-?mail|keine?-?e?-?mail|none|null|walk-?in|dummy|pos|cash)@"
    r"|@(?:no-?e?-?mail|none|null|invalid)\.\p{L}+$"
)
_EMPTY = r"^(?:0+|-1|9{3,}|[.*#_/x×]+|xxx+|test|tests|testkunde|testcustomer|tester)$"


def names_nobody(words: pa.Array) -> pa.Array:
    """Where a word says itself that it is a guest, or somebody unknown."""
    bare = pc.replace_substring_regex(pc.utf8_normalize(words, "NFKD"), r"[^\p{L}\p{N}]", "")
    return pc.or_(
        pc.is_in(pc.utf8_lower(bare), _SET),
        pc.match_substring_regex(pc.utf8_lower(words), _ADDRESS),
    )


def fills_a_gap(words: pa.Array) -> pa.Array:
    """Where a word may only be there since something had to be, such as 0; it may be an id as well."""
    return pc.match_substring_regex(pc.utf8_lower(words), _EMPTY)
