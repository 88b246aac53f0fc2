"""Noun phrases with gender, number and case."""
from typing import NamedTuple

from .numbers import amount, draw_cardinal, number_words
from .phrase import join, phrase


class Noun(NamedTuple):
    en: str
    en_plural: str
    gender: str  # m f n, p: plural only
    de: str
    de_plural: str = ""
    oblique: str = ""  # accusative and dative singular of weak nouns
    genitive: str = ""


def nouns(table):
    return [Noun(*line.split()) for line in table.strip().splitlines()]


THINGS = nouns("""
apple apples m Apfel Äpfel
book books n Buch Bücher
lamp lamps f Lampe Lampen
chair chairs m Stuhl Stühle
table tables m Tisch Tische
egg eggs n Ei Eier
flower flowers f Blume Blumen
shirt shirts n Hemd Hemden
coat coats m Mantel Mäntel
cup cups f Tasse Tassen
picture pictures n Bild Bilder
ball balls m Ball Bälle
bag bags f Tasche Taschen
knife knives n Messer Messer
plate plates m Teller Teller
glass glasses n Glas Gläser
key keys m Schlüssel Schlüssel
stamp stamps f Briefmarke Briefmarken
""")
HEAVY_THINGS = nouns("""
box boxes f Kiste Kisten
suitcase suitcases m Koffer Koffer
machine machines f Maschine Maschinen
stone stones m Stein Steine
dog dogs m Hund Hunde
piano pianos n Klavier Klaviere
bicycle bicycles n Fahrrad Fahrräder
""")
FAMILY = nouns("""
brother brothers m Bruder Brüder
sister sisters f Schwester Schwestern
father fathers m Vater Väter
mother mothers f Mutter Mütter
uncle uncles m Onkel Onkel
aunt aunts f Tante Tanten
son sons m Sohn Söhne
daughter daughters f Tochter Töchter
parents parents p Eltern Eltern
children children p Kinder Kinder
""")
STRANGERS = nouns("""
boy boys m Junge Jungen Jungen
man men m Mann Männer
woman women f Frau Frauen
girl girls n Mädchen Mädchen
child children n Kind Kinder
guests guests p Gäste Gäste
""")
EVENTS = nouns("""
concert concerts n Konzert Konzerte
film films m Film Filme
course courses m Kurs Kurse
meeting meetings f Sitzung Sitzungen
party parties f Feier Feiern
exam exams f Prüfung Prüfungen
game games n Spiel Spiele
""")
TEXTS = [("book", "des", "Buches"), ("letter", "des", "Briefes"), ("story", "der", "Geschichte"),
         ("report", "des", "Berichts"), ("speech", "der", "Rede"), ("contract", "des", "Vertrags")]
COLOURS = [("red", "rot"), ("green", "grün"), ("blue", "blau"), ("white", "weiß"), ("black", "schwarz"),
           ("small", "klein"), ("big", "groß"), ("old", "alt"), ("new", "neu"), ("beautiful", "schön"), ("cheap", "billig")]
CHARACTERS = [("tall", "groß"), ("poor", "arm"), ("small", "klein"), ("friendly", "freundlich"), ("ill", "krank")]
TEMPERS = [("dear", "lieb"), ("friendly", "freundlich"), ("ill", "krank")]

# Endings by gender, rows by case.
ARTICLES = dict(nom=dict(m="der", f="die", n="das", p="die"), acc=dict(m="den", f="die", n="das", p="die"),
                dat=dict(m="dem", f="der", n="dem", p="den"))
POSSESSIVE_ENDINGS = dict(nom=dict(m="", f="e", n="", p="e"), acc=dict(m="en", f="e", n="", p="e"),
                          dat=dict(m="em", f="er", n="em", p="en"))
AFTER_ARTICLE = dict(nom=dict(m="e", f="e", n="e", p="en"), acc=dict(m="en", f="e", n="e", p="en"),
                     dat=dict(m="en", f="en", n="en", p="en"))
AFTER_EIN = dict(nom=dict(m="er", f="e", n="es", p="en"), acc=dict(m="en", f="e", n="es", p="en"),
                 dat=dict(m="en", f="en", n="en", p="en"))
POSSESSIVES = [("my", "mein"), ("his", "sein"), ("her", "ihr"), ("our", "unser")]


def german_noun(noun, case):
    if case == "dat" and noun.gender == "p" and noun.de[-1] not in "ns":
        return noun.de + "n"
    return noun.oblique if noun.oblique and case != "nom" else noun.de


def with_article(draw, table, adjectives, case):
    """the old chair: der alte Stuhl, den alten Stuhl, dem alten Stuhl"""
    noun, adjective = draw.slot(table), draw.slot(adjectives)
    article, ending = ARTICLES[case][noun.gender], AFTER_ARTICLE[case][noun.gender]
    return phrase(f"the=1 {adjective[0]}=2 {noun.en}=3", f"{article}=1 {adjective[1]}{ending}=2 {german_noun(noun, case)}=3")


def relative(draw, case):
    """my brother, with an adjective now and then: mein lieber Bruder, meinem lieben Bruder"""
    noun, owner = draw.slot(FAMILY), draw.slot(POSSESSIVES)
    possessive = owner[1] + POSSESSIVE_ENDINGS[case][noun.gender]
    if noun.gender == "p" or draw.chance(0.7):
        return phrase(f"{owner[0]}=1 {noun.en}=2", f"{possessive}=1 {german_noun(noun, case)}=2")
    adjective, ending = draw.slot(TEMPERS), AFTER_EIN[case][noun.gender]
    return phrase(f"{owner[0]}=1 {adjective[0]}=3 {noun.en}=2",
                  f"{possessive}=1 {adjective[1]}{ending}=3 {german_noun(noun, case)}=2")


def person(draw, case):
    return relative(draw, case) if draw.chance(0.6) else with_article(draw, STRANGERS, CHARACTERS, case)


def things(draw, top=10_000):
    """A number of things in the accusative: drei rote Äpfel, einen roten Apfel"""
    noun, n = draw.slot(THINGS), draw_cardinal(draw, top)
    adjective = draw.slot(COLOURS) if draw.chance(0.7) else None
    if n == 1:
        number = phrase("one=1", f"ein{POSSESSIVE_ENDINGS['acc'][noun.gender]}=1")
    else:
        number = number_words(draw, n)
    ending = AFTER_EIN["acc"][noun.gender] if n == 1 else "e"
    middle = phrase(f"{adjective[0]}=1", f"{adjective[1]}{ending}=1") if adjective else phrase("", "")
    head = phrase(f"{noun.en}=1", f"{noun.de}=1") if n == 1 else phrase(f"{noun.en_plural}=1", f"{noun.de_plural}=1")
    return join(number, middle, head)


MEASURES = [("bottle bottles f Flasche Flaschen", ["water Wasser", "milk Milch", "juice Saft", "wine Wein"]),
            ("kilo kilos n Kilo Kilo", ["rice Reis", "flour Mehl", "sugar Zucker", "cheese Käse"]),
            ("cup cups f Tasse Tassen", ["coffee Kaffee", "tea Tee"]),
            ("litre litres m Liter Liter", ["water Wasser", "milk Milch", "oil Öl"])]


def measured(draw):
    """drei Flaschen Wasser, ein Kilo Reis: the substance follows without a preposition"""
    measure, substances = draw.slot(MEASURES)
    en, de = draw.slot(substances).split()
    number = amount(draw, draw_cardinal(draw, 1000), *measure.split())
    return join(number, phrase(f"of {en}=1", f"{de}=1"))
