"""The clause types: who does what with which numbers. Each function draws one clause; `tense` is PAST, PRESENT or FREE.

German puts times before objects and places, receivers before things, and the verb's second half at the end.
"""
from .nouns import COLOURS, EVENTS, HEAVY_THINGS, TEXTS, THINGS, measured, person, things, with_article
from .numbers import amount, clock, date, draw_cardinal, draw_large, number_words, price
from .phrase import join, phrase
from .verbs import ACTIONS, FACTS, FREE, PLURAL, PRESENT, THIRD, Subject, Verb, clause, subject, verb

CITIES = ["Berlin Berlin", "Hamburg Hamburg", "Munich München", "Cologne Köln", "Vienna Wien", "Zurich Zürich", "Bremen Bremen",
          "Dresden Dresden", "Leipzig Leipzig", "Paris Paris", "Rome Rom", "Prague Prag", "Geneva Genf", "London London"]
SHOPS = [("at=1 the=1 market=2", "auf=1 dem=1 Markt=2"), ("in=1 the=1 city=2", "in=1 der=1 Stadt=2"),
         ("at=1 the=1 station=2", "am=1 Bahnhof=2"), ("in=1 the=1 supermarket=2", "im=1 Supermarkt=2"),
         ("in=1 the=1 small=2 shop=3", "in=1 dem=1 kleinen=2 Laden=3"), ("at=1 the=1 airport=2", "am=1 Flughafen=2")]
ORIGINS = [("from=1 the=1 school=2", "von=1 der=1 Schule=2"), ("from=1 the=1 station=2", "vom=1 Bahnhof=2"),
           ("from=1 the=1 airport=2", "vom=1 Flughafen=2"), ("from=1 the=1 hotel=2", "vom=1 Hotel=2"),
           ("from=1 the=1 theatre=2", "vom=1 Theater=2"), ("from=1 the=1 hospital=2", "vom=1 Krankenhaus=2")]
# With the number of inhabitants they stay below; 0: large numbers.
HOMES = [("in=1 this=2 town=3", "in=1 dieser=2 Stadt=3", 10_000), ("on=1 this=2 island=3", "auf=1 dieser=2 Insel=3", 10_000),
         ("in=1 this=2 country=3", "in=1 diesem=2 Land=3", 0), ("in=1 this=2 region=3", "in=1 dieser=2 Region=3", 0),
         ("in=1 this=2 street=3", "in=1 dieser=2 Straße=3", 1000), ("in=1 this=2 house=3", "in=1 diesem=2 Haus=3", 100)]
VEHICLES = [("train=2", "der", "Zug=2"), ("bus=2", "der", "Bus=2"), ("tram=2", "die", "Straßenbahn=2"), ("night=2 train=2", "der", "Nachtzug=2")]

BUY = verb("buy buys bought", "kaufe kauft kaufen gekauft")
SELL = verb("sell sells sold", "verkaufe verkauft verkaufen verkauft")
COST = verb("cost costs cost", "koste kostet kosten gekostet")
DEPART = verb("leave leaves left", "fahre fährt fahren abgefahren", "sein", "ab")
ARRIVE = verb("arrive arrives arrived", "komme kommt kommen angekommen", "sein", "an")
START = verb("start starts started", "fange fängt fangen angefangen", prefix="an")
LIVE = verb("live lives lived", "lebe lebt leben gelebt")
FETCH = verb("pick_up picks_up picked_up", "hole holt holen abgeholt", prefix="ab")
GIVE = verb("give gives gave", "gebe gibt geben gegeben")
CALL = verb("call calls called", "rufe ruft rufen angerufen", prefix="an")
DRIVE = verb("drive drives drove", "fahre fährt fahren gefahren", "sein")
WEIGH = verb("weigh weighs weighed", "wiege wiegt wiegen gewogen")
PAY = verb("pay pays paid", "zahle zahlt zahlen gezahlt")
WAIT = verb("wait waits waited", "warte wartet warten gewartet")
MEET = verb("meet meets met", "treffe trifft treffen getroffen")
BRING = verb("bring_along brings_along brought_along", "bringe bringt bringen mitgebracht", prefix="mit")
TRANSLATE = verb("translate translates translated", "übersetze übersetzt übersetzen übersetzt")
RETURN = verb("take_back takes_back took_back", "bringe bringt bringen zurückgebracht", prefix="zurück")
INVITE = verb("invite invites invited", "lade lädt laden eingeladen", prefix="ein")
BE = Verb("am is are was was were be".split(), "bin ist sind sein gewesen".split(), "war", "")


def mood(draw, tense, choices):
    return draw.slot(choices) if tense == FREE else tense


def buy(draw, tense):
    what, where = things(draw), phrase(*draw.slot(SHOPS))
    return clause(subject(draw), BUY, mood(draw, tense, ACTIONS), [what, where], [where, what])


def sell(draw, tense):
    what, sum_ = things(draw, 1000), price(draw)
    rest = [what, phrase("for=1", "für=1"), sum_]
    return clause(subject(draw), SELL, mood(draw, tense, ACTIONS), rest, rest)


def cost(draw, tense):
    thing = Subject(with_article(draw, THINGS, COLOURS, "nom"), THIRD)
    sum_ = price(draw)
    return clause(thing, COST, mood(draw, tense, FACTS), [sum_], [sum_])


def vehicle(draw, en_preposition, de_preposition):
    (en, article, de), (city_en, city_de) = draw.slot(VEHICLES), draw.slot(CITIES).split()
    return Subject(phrase(f"the=1 {en} {en_preposition}=3 {city_en}=4", f"{article}=1 {de} {de_preposition}=3 {city_de}=4"), THIRD)


def depart(draw, tense):
    time = clock(draw)
    return clause(vehicle(draw, "to", "nach"), DEPART, mood(draw, tense, FACTS), [time], [time])


def arrive(draw, tense):
    time = clock(draw)
    return clause(vehicle(draw, "from", "aus"), ARRIVE, mood(draw, tense, FACTS), [time], [time])


def start(draw, tense):
    rest = [date(draw), clock(draw)]
    event = Subject(with_article(draw, EVENTS, [("long", "lang"), ("big", "groß"), ("last", "letzt")], "nom"), THIRD)
    return clause(event, START, mood(draw, tense, FACTS), rest, rest)


def age(draw, tense):
    years = amount(draw, draw_cardinal(draw, 100, least=5), "year", "years", "n", "Jahr", "Jahre")
    rest = [years, phrase("old=1", "alt=1")]
    return clause(subject(draw), BE, mood(draw, tense, [PRESENT]), rest, rest)


def live(draw, tense):
    en, de, top = draw.slot(HOMES)
    n = draw_cardinal(draw, top, least=2) if top else draw_large(draw)
    where, people = phrase(en, de), join(number_words(draw, n), phrase("people=1", "Menschen=1"))
    return clause(Subject(people, PLURAL), LIVE, mood(draw, tense, FACTS), [where], [where])


def fetch(draw, tense):
    whom, origin, time = person(draw, "acc"), phrase(*draw.slot(ORIGINS)), clock(draw)
    return clause(subject(draw), FETCH, mood(draw, tense, ACTIONS), [whom, origin, time], [time, whom, origin])


def give(draw, tense):
    rest = [person(draw, "dat"), things(draw)]
    return clause(subject(draw), GIVE, mood(draw, tense, ACTIONS), rest, rest)


def call(draw, tense):
    whom, time = person(draw, "acc"), clock(draw)
    return clause(subject(draw), CALL, mood(draw, tense, ACTIONS), [whom, time], [time, whom])


def drive(draw, tense):
    far = amount(draw, draw_cardinal(draw), "kilometre", "kilometres", "m", "Kilometer", "Kilometer")
    en, de = draw.slot(CITIES).split()
    rest = [far, phrase(f"to=1 {en}=2", f"nach=1 {de}=2")]
    return clause(subject(draw), DRIVE, mood(draw, tense, ACTIONS), rest, rest)


def weigh(draw, tense):
    thing = Subject(with_article(draw, HEAVY_THINGS, COLOURS, "nom"), THIRD)
    weight = amount(draw, draw_cardinal(draw, 1000), "kilo", "kilos", "n", "Kilo", "Kilo")
    return clause(thing, WEIGH, mood(draw, tense, FACTS), [weight], [weight])


def pay(draw, tense):
    rest = [price(draw), phrase("for=1", "für=1"), with_article(draw, THINGS, COLOURS, "acc")]
    return clause(subject(draw), PAY, mood(draw, tense, ACTIONS), rest, rest)


def wait(draw, tense):
    unit = draw.slot(["minute minutes f Minute Minuten", "hour hours f Stunde Stunden", "day days m Tag Tage"])
    long = amount(draw, draw_cardinal(draw, 100), *unit.split())
    whom = [phrase("for=1", "auf=1"), person(draw, "acc")]
    return clause(subject(draw), WAIT, mood(draw, tense, ACTIONS), whom + [phrase("for", ""), long], [long] + whom)


def meet(draw, tense):
    whom, when = person(draw, "acc"), [date(draw), clock(draw)]
    return clause(subject(draw), MEET, mood(draw, tense, ACTIONS), [whom] + when, when + [whom])


def bring(draw, tense):
    what = measured(draw) if draw.chance(0.6) else things(draw, 1000)
    return clause(subject(draw), BRING, mood(draw, tense, ACTIONS), [what], [what])


def translate(draw, tense):
    pages = amount(draw, draw_cardinal(draw), "page", "pages", "f", "Seite", "Seiten")
    en, article, de = draw.slot(TEXTS)
    rest = [pages, phrase(f"of=1 the=1 {en}=2", f"{article}=1 {de}=2")]
    return clause(subject(draw), TRANSLATE, mood(draw, tense, ACTIONS), rest, rest)


def take_back(draw, tense):
    what, when = things(draw, 1000), date(draw)
    return clause(subject(draw), RETURN, mood(draw, tense, ACTIONS), [what, when], [when, what])


def invite(draw, tense):
    guests = amount(draw, draw_cardinal(draw, 1000), "guest", "guests", "m", "Gast", "Gäste")
    meal = phrase(*draw.slot([("to=1 dinner=2", "zum=1 Abendessen=2"), ("to=1 breakfast=2", "zum=1 Frühstück=2"),
                              ("to=1 the=1 party=2", "zur=1 Feier=2"), ("to=1 the=1 concert=2", "zum=1 Konzert=2")]))
    when = date(draw)
    return clause(subject(draw), INVITE, mood(draw, tense, ACTIONS), [guests, meal, when], [when, guests, meal])


CLAUSES = [buy, sell, cost, depart, arrive, start, age, live, fetch, give, call, drive, weigh, pay, wait, meet, bring,
           translate, take_back, invite]
# What is so for long: nothing happens before it.
STATES = [cost, age, live, weigh]
# Those that say nothing about time, so that a date or a clock time can stand before them.
TIMELESS_ACTIONS = [buy, sell, give, drive, pay, bring, translate]
