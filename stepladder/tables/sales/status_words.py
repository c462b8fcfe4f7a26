"""What a status says of a sale, in the words of shop systems and payment providers of many languages."""

from __future__ import annotations

import re

from stepladder.tables.columns.words import plain, tokens

SOLD, UNSOLD, RETURN = "sold", "no sale", "a return"
WAITING, PARTLY, UNKNOWN = "not yet", "partly undone", "unknown"

# No sale took place, or all of it was undone.
_UNSOLD = """
    failed failure error declined denied rejected refused void voided cancelled canceled cancel
    cancellation reversed refunded returned expired abandoned draft trash trashed deleted
    chargeback chargedback fraud fraudulent invalid incomplete aborted nosale
    lost noshow unsuccessful cancelacion anulacion annulation annullamento annullering
    ακυρωθηκε ακυρωμενη ακυρωμενο ακυρωμενα ακυρωση
    test sandbox storniert storno stornierung abgebrochen fehlgeschlagen gescheitert abgelehnt
    zuruckgewiesen erstattet ruckerstattet zuruckerstattet retourniert ruckgangig ungultig
    geloscht entwurf verfallen abgelaufen ruckbuchung ruckabgewickelt annuliert annulliert
    annule annulee annules annulees echoue echouee echec refuse refusee rejete rejetee
    rembourse remboursee expiree expire abandonne abandonnee brouillon supprime supprimee erreur
    retourne retournee cancelado cancelada anulado anulada fallido fallida rechazado rechazada
    reembolsado reembolsada devuelto devuelta expirado expirada caducado caducada abandonado
    abandonada borrador annullato annullata fallito fallita rifiutato rifiutata rimborsato
    rimborsata scaduto scaduta abbandonato bozza errore stornato geannuleerd mislukt geweigerd
    afgewezen terugbetaald verlopen concept vervallen geretourneerd estornado estornada recusado
    recusada falhou falhado devolvido devolvida rascunho anulowane anulowany anulowano anulowana
    zwrocone zwrocony odrzucone odrzucony nieudane avbruten avbestalld annullerad makulerad
    aterbetald misslyckad annulleret refunderet refundert mislykket kansellert avbrutt avvist
    zruseno zrusena zrusene stornovano vraceno zamitnuto peruttu peruutettu hyvitetty
    epaonnistui torolt sztornozott visszateritett anulat anulata rambursat iptal iade
    отменен отменено отменена возврат возвращен отклонен отказ 已取消 已退款 取消 退款 キャンセル 返金 취소
    환불
"""
# The row is about what came back, of a sale with a row of its own.
_RETURN = """
    refund return returns creditnote creditmemo gutschrift retoure rucksendung avoir retour
    devolucion reembolso reso notadecredito notadicredito creditnota retur zwrot
"""
_WAITING = """
    uncaptured disputed dispute requires required requirespaymentmethod requiresaction
    requirescapture requiresconfirmation pending hold onhold awaiting waiting unpaid open offen
    ausstehend wartend unbezahlt attente
    unbezahlt attente
    impaye impayee pendiente espera impagado attesa sospeso afwachting openstaand onbetaald
    pendente aguardando oczekuje oczekujace vantar afventer avventer cekajici beklemede bekliyor
    ожидает ожидание
"""
_SOLD = """
    paid complete completed processing processed shipped sent delivered fulfilled unfulfilled
    authorized authorised captured succeeded success successful settled invoiced dispatched
    approved accepted active done sold ok confirmed placed ordered new sale payment charge received
    won attended invoice order salesorder rechnung facture factura fattura auftrag bestellung
    erhalten eingegangen slutford slutfort teslim ολοκληρωθηκε ολοκληρωμενη 発送済み 発送済 完成
    bought purchase purchased live production partial partially true yes packed picked collected
    bezahlt abgeschlossen versendet versandt verschickt geliefert zugestellt bearbeitung erledigt
    neu bestatigt verkauf paye payee terminee termine expediee expedie livree livre cours vente
    validee valide acceptee accepte pagado pagada completado completada enviado enviada entregado
    entregada procesando confirmado venta pagato pagata completato completata spedito spedita
    consegnato evaso lavorazione confermato vendita betaald voltooid afgerond verzonden geleverd
    verwerking behandeling bevestigd verkoop pago concluido oplacone wyslane zrealizowane
    zakonczone dostarczone betald skickad levererad klar betalt sendt leveret levert fullfort
    zaplaceno odeslano doruceno vyrizeno maksettu toimitettu fizetve teljesitve odendi
    tamamlandi kargoda оплачен оплачено выполнен выполнено доставлен отправлен 已完成 已付款 完了
"""
# With one of these the word beside it does not hold, or not of all of it.
_PARTS = """
    partial partially part partly teilweise teil partiellement partielle parcial parcialmente
    parziale parzialmente gedeeltelijk delvis czesciowo castecne частично
"""
_NOT = """
    not no non nicht nie kein keine nein nee nej niet não nao false inte ikke ei ne не нет
"""
_UNLIKE = """
    reversal request requested angefragt angefordert pendiente pending
"""
# Of what is not on its way yet nobody says that it was not sold.
_ON_ITS_WAY = """
    shipped sent delivered fulfilled dispatched picked packed collected versendet versandt verschickt
    geliefert zugestellt expediee expedie livree livre enviado enviada entregado entregada spedito
    spedita consegnato verzonden geleverd
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(map(plain, text.split()))


_OF = {
    UNSOLD: _words(_UNSOLD),
    RETURN: _words(_RETURN),
    WAITING: _words(_WAITING),
    SOLD: _words(_SOLD),
}
_PART, _NO, _WAY = _words(_PARTS), _words(_NOT), _words(_ON_ITS_WAY)
_BUT = _words(_UNLIKE) | _PART | _NO


def said_of_sale(text: str) -> str:
    """What a status says: SOLD, UNSOLD, RETURN, WAITING, PARTLY or UNKNOWN."""
    words = [word for word in tokens(text) if word != "wc"]  # as WooCommerce begins its own
    for meaning, known in _OF.items():
        if "".join(words) in known:
            return meaning
    found = {meaning for meaning, known in _OF.items() if known.intersection(words)}
    undone = [meaning for meaning in (UNSOLD, RETURN) if meaning in found]
    if undone and _PART.intersection(words):
        return PARTLY
    if undone and not _BUT.intersection(words):
        return undone[0]
    unpaid = bool(_NO.intersection(words)) and not undone and not _WAY.intersection(words)
    if WAITING in found or unpaid:
        return WAITING
    return SOLD if found or _BUT.intersection(words) else UNKNOWN


_KNOWN = frozenset[str]().union(*_OF.values())
_OTHER = "other words"


def sayable(text: str) -> str:
    """A status as it may be told and kept: without names, addresses and numbers of somebody beside it."""
    if plain(text) in _KNOWN:
        return text
    known = " ".join(word for word in tokens(text) if word in _KNOWN)
    return known or (text if re.fullmatch(r"[^\d@]{1,30}|\d{1,3}", text) else _OTHER)
