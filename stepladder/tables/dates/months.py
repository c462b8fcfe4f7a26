"""The names of the months in the languages that tables are written in."""

from __future__ import annotations

_NAMES = (
    "jan january januar jänner jaen janvier janv enero ene gennaio gen januari janeiro styczeń "
    "stycznia sty januari jän",
    "feb february februar feber février févr fév fevrier fevr febrero febbraio februari fevereiro "
    "fev luty lutego lut",
    "mar march märz mär maerz mrz mars marzo maart mrt março marzec marca",
    "apr april avril avr abril abr aprile kwiecień kwietnia kwi",
    "may mai mayo maggio mag mei maio maj maja",
    "jun june juni juin junio giugno giu junho czerwiec czerwca cze",
    "jul july juli juillet juil julio luglio lug julho lipiec lipca lip",
    "aug august août aout aoû agosto ago augustus augusti sierpień sierpnia sie",
    "sep sept september septembre septiembre setiembre settembre set setembro wrzesień września "
    "wrz",
    "oct october oktober okt octobre octubre ottobre ott outubro out październik października paź",
    "nov november novembre noviembre novembro listopad listopada lis",
    "dec december dezember dez décembre déc decembre diciembre dic dicembre dezembro grudzień "
    "grudnia gru",
)
MONTHS = {name: month for month, names in enumerate(_NAMES, 1) for name in names.split()}
