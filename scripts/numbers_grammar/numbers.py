"""Numbers in words and digits, prices, clock times and dates, in both languages."""
from .phrase import Link, Phrase, join, phrase, words

EN_SMALL = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen").split()
EN_TENS = "- - twenty thirty forty fifty sixty seventy eighty ninety".split()
DE_SMALL = ("null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn "
            "siebzehn achtzehn neunzehn").split()
DE_TENS = "- - zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig".split()


def en_cardinal(n):
    """British: "one thousand two hundred and thirty-one"."""
    if n < 20:
        return EN_SMALL[n]
    if n < 100:
        return EN_TENS[n // 10] + (f"-{EN_SMALL[n % 10]}" if n % 10 else "")
    if n < 1000:
        return f"{EN_SMALL[n // 100]} hundred" + (f" and {en_cardinal(n % 100)}" if n % 100 else "")
    unit, name = (1_000_000, "million") if n >= 1_000_000 else (1000, "thousand")
    rest = n % unit
    return f"{en_cardinal(n // unit)} {name}" + (f" {'and ' if rest < 100 else ''}{en_cardinal(rest)}" if rest else "")


def de_cardinal(n, last=True):
    """One word below a million: "eintausendzweihunderteinunddreißig". Inside a word one is "ein", at its end "eins"."""
    if n == 1:
        return "eins" if last else "ein"
    if n < 20:
        return DE_SMALL[n]
    if n < 100:
        return (f"{de_cardinal(n % 10, False)}und" if n % 10 else "") + DE_TENS[n // 10]
    unit, name = (100, "hundert") if n < 1000 else (1000, "tausend")
    return de_cardinal(n // unit, False) + name + (de_cardinal(n % unit, last) if n % unit else "")


def in_words(n):
    """All English words of a number below a million belong to its one German word."""
    if n < 1_000_000:
        link = Link()
        return Phrase(words(en_cardinal(n), link), words(de_cardinal(n), link))
    millions, rest = divmod(n, 1_000_000)
    head = (phrase("one=1 million=2", "eine=1 Million=2") if millions == 1 else
            join(in_words(millions), phrase("million=1", "Millionen=1")))
    return join(head, in_words(rest)) if rest else head


def in_digits(n):
    link = Link()
    return Phrase(words(f"{n:,}", link), words(f"{n:,}".replace(",", "."), link))


def draw_cardinal(draw, top=10_000, least=1):
    """Small numbers often, every length up to `top`. Never 101, 201, ...: their endings before a noun are disputed."""
    limits = [limit for limit in ((1, 21), (21, 100), (21, 100), (100, 1000), (100, 1000), (1000, 10_000)) if limit[1] <= top]
    while True:
        low, high = draw.choose(limits)
        n = low + draw.below(high - low)
        if n >= least and (n == 1 or n % 100 != 1):
            draw.slots += 1
            return draw.number(n)


def draw_large(draw):
    """Inhabitants of a country: whole thousands, or millions and hundred thousands."""
    draw.slots += 1
    if draw.chance(0.5):
        return draw.number((10 + draw.below(990)) * 1000)
    return draw.number((1 + draw.below(40)) * 1_000_000 + draw.below(5) * 200_000)


def number_words(draw, n):
    return in_digits(n) if draw.chance(0.35) else in_words(n)


def price(draw):
    """Accusative: "30 Euro", "einen Euro", "3,50 Euro", "drei Euro fünfzig"."""
    shape = draw.below(6)
    if shape < 2:
        draw.slots += 1
        euros, cents = draw.number(draw.below(100)), draw.number(draw.choose([20, 25, 49, 50, 75, 80, 90, 99]))
        if shape == 0 or euros < 2:
            return phrase(f"{euros}.{cents}=1 euros=2", f"{euros},{cents}=1 Euro=2")
        return join(in_words(euros), phrase("euros=1", "Euro=1"), in_words(cents))
    n = draw_cardinal(draw)
    return amount(draw, n, "euro", "euros", "m", "Euro", "Euro")


def amount(draw, n, en, en_plural, gender, de, de_plural):
    """A number with a unit, in the accusative: "zwölf Kilometer", "eine Minute"."""
    if n == 1:
        return phrase(f"one=1 {en}=2", f"{dict(m='einen', f='eine', n='ein')[gender]}=1 {de}=2")
    return join(number_words(draw, n), phrase(f"{en_plural}=1", f"{de_plural}=1"))


DAYTIMES = {"morning": "morgens", "afternoon": "nachmittags", "evening": "abends"}


def daytime(draw, hour):
    """Now and then "in the morning" after a clock time, where it suits the hour."""
    if hour == 12 or draw.chance(0.6):
        return Phrase([], [])
    part = "afternoon" if hour < 5 else draw.slot(["morning", "evening"] if 6 <= hour <= 10 else ["morning"])
    return phrase(f"in=1 the=1 {part}=1", f"{DAYTIMES[part]}=1")


def clock(draw):
    """German halves count towards the coming hour: half past seven is "halb acht"."""
    draw.slots += 1
    shape = draw.below(6)
    if shape < 2:
        hour, minute = draw.number(draw.below(24)), draw.number(5 * draw.below(12))
        return phrase(f"at=1 {hour}:{minute:02}=2", f"um=1 {hour}:{minute:02}=2 Uhr=2")
    hour = draw.number(1 + draw.below(12))
    en, de = EN_SMALL[hour], DE_SMALL[hour]
    if shape == 2:
        time = phrase(f"at=1 {en}=2 o'clock=3", f"um=1 {'ein' if hour == 1 else de}=2 Uhr=3")
    elif shape == 3:
        time = phrase(f"at=1 half=2 past=2 {en}=3", f"um=1 halb=2 {DE_SMALL[hour % 12 + 1]}=3")
    else:
        minutes = draw.choose([15, 5, 10, 20])
        head = (phrase("at=1 a=2 quarter=2", "um=1 Viertel=2") if minutes == 15 else
                join(phrase("at=1", "um=1"), in_words(draw.number(minutes))))
        past = draw.chance(0.5)
        time = join(head, phrase(f"{'past' if past else 'to'}=1 {en}=2", f"{'nach' if past else 'vor'}=1 {de}=2"))
    return join(time, daytime(draw, hour))


MONTHS = [("January", "Januar", 31), ("February", "Februar", 28), ("March", "März", 31), ("April", "April", 30),
          ("May", "Mai", 31), ("June", "Juni", 30), ("July", "Juli", 31), ("August", "August", 31),
          ("September", "September", 30), ("October", "Oktober", 31), ("November", "November", 30), ("December", "Dezember", 31)]
WEEKDAYS = [("Monday", "Montag"), ("Tuesday", "Dienstag"), ("Wednesday", "Mittwoch"), ("Thursday", "Donnerstag"),
            ("Friday", "Freitag"), ("Saturday", "Samstag"), ("Sunday", "Sonntag")]
EN_ORDINALS = {1: "first", 2: "second", 3: "third", 5: "fifth", 8: "eighth", 9: "ninth", 12: "twelfth"}
DE_ORDINALS = {1: "ersten", 3: "dritten", 7: "siebten", 8: "achten"}


def en_ordinal(n):
    if n in EN_ORDINALS:
        return EN_ORDINALS[n]
    if n > 20 and n % 10:
        return f"{EN_TENS[n // 10]}-{en_ordinal(n % 10)}"
    cardinal = en_cardinal(n)
    return cardinal[:-1] + "ieth" if cardinal.endswith("y") else cardinal + "th"


def de_ordinal(n):
    """As it stands after "am": "dritten", "einundzwanzigsten"."""
    if n in DE_ORDINALS:
        return DE_ORDINALS[n]
    return de_cardinal(n) + ("ten" if n < 20 else "sten")


def date(draw):
    if draw.chance(0.3):
        en, de = draw.slot(WEEKDAYS)
        return phrase(f"on=1 {en}=2", f"am=1 {de}=2")
    en, de, days = draw.slot(MONTHS)
    draw.slots += 1
    day = draw.number(1 + draw.below(days))
    if draw.chance(0.5):
        return phrase(f"on=1 {day}=2 {en}=3", f"am=1 {day}.=2 {de}=3")
    return phrase(f"on=1 the=1 {en_ordinal(day)}=2 of {en}=3", f"am=1 {de_ordinal(day)}=2 {de}=3")
