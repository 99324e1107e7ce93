"""Words whose full stop does not end a sentence: English, with the commonest of Spanish, German and French."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BEFORE_A_NAME = _words(
    "adm approx brig capt cf cmdr col dr dra dres fr gen gov hon lt maj mlle mme mr mrs ms msgr pres prof profa rev "
    "sen sgt sr sra srta supt viz vs bzw ca ggf inkl sog vgl zzgl ud uds"
)
"""A sentence goes on after these whatever follows."""

BEFORE_A_NUMBER = _words(
    "apr art aug bd cap ch dec eq fig figs feb jan jul jun kap mar no nos nov nr núm oct op p pp pág págs par sec sep "
    "sept ver vol vols"
)
"""These go on when a number follows: "No. 5", but "No. I won't."."""

MAY_END = _words("al ave blvd bros co corp dept inc jr ltd mt rd llc st ste")
"""These end a sentence only where the next word can hardly be part of a name."""

STARTERS = _words(
    "a after all also an and another as at because but by can did do does each even every first for from he her here "
    "his how however i if in is it its let many more most my no not now of on once one or other our please second she "
    "should since so some still such that the their then there these they this those though to today until was we well "
    "were what when where which while who why will with without would yes yet you your "
    "el la los las un una y pero es en se lo su cuando como si por der die das ein eine und aber er sie wir ich ist "
    "le les une et mais il elle nous vous ce"
)
"""Words that begin sentences and hardly ever continue a name, in small letters."""
