"""Verbs, subjects and the three German word orders of a clause."""
from typing import NamedTuple

from .nouns import relative
from .phrase import Link, Phrase, phrase, words

FIRST, THIRD, PLURAL = range(3)  # ich, er, wir or sie


class Verb(NamedTuple):
    en: list  # present of ich, er, wir; past of ich, er, wir; infinitive
    de: list  # present of ich, er, wir; infinitive; participle
    helper: str  # haben, sein: of the perfect; war: the simple past itself
    prefix: str  # of a separable verb


def verb(en, de, helper="haben", prefix=""):
    base, third, past = (form.replace("_", " ") for form in en.split())
    first, he, infinitive, participle = de.split()
    return Verb([base, third, base, past, past, past, base], [first, he, infinitive, infinitive, participle], helper, prefix)


HELPERS = {"haben": "habe hat haben".split(), "sein": "bin ist sind".split(), "war": "war war waren".split()}
# English present of he is also that of I and we but for "want".
MODALS = {"must": ("must must must", "muss muss müssen"), "can": ("can can can", "kann kann können"),
          "want": ("want_to wants_to want_to", "will will wollen"), "will": ("will will will", "werde wird werden")}
PAST, PRESENT = "past", "present"
FREE = "free"  # the sentence leaves the mood to the clause
ACTIONS = [PRESENT, PRESENT, "must", "can", "want", "will"]
FACTS = [PRESENT, PRESENT, "will"]

NAMES = ("Anna Ben Clara David Emma Felix Greta Hannah Ida Jonas Karl Laura Maria Nina Oskar Paul Rosa Simon Thomas "
         "Viktor Walter Lena Martin Sophie").split()
PRONOUNS = [("I", "ich", FIRST), ("we", "wir", PLURAL), ("he", "er", THIRD), ("she", "sie", THIRD), ("they", "sie", PLURAL)]


class Subject(NamedTuple):
    words: Phrase
    person: int


def name(draw):
    chosen = draw.slot(NAMES)
    return Subject(phrase(f"{chosen}=1", f"{chosen}=1"), THIRD)


def subject(draw):
    kind = draw.below(10)
    if kind < 5:
        return name(draw)
    if kind < 7:
        en, de, person = draw.slot(PRONOUNS)
        return Subject(phrase(f"{en}=1", f"{de}=1"), person)
    someone = relative(draw, "nom")
    return Subject(someone, PLURAL if someone.de[-1].text in ("Eltern", "Kinder") else THIRD)


class Clause(NamedTuple):
    en: list
    subject: list  # German from here on
    finite: list
    middle: list
    end: list  # prefix, infinitive or participle
    closing: list  # the end of a verb-final clause: end and finite verb, a separable prefix joined to it

    def main(self):
        return self.subject + self.finite + self.middle + self.end

    def inverted(self):
        return self.finite + self.subject + self.middle + self.end

    def verb_final(self):
        return self.subject + self.middle + self.closing


def conjugate(verb_, person, mood):
    """English words, finite German verb, rest of the German verb; each with links."""
    link, helper_link = Link(), Link()
    if mood == PRESENT:
        return words(verb_.en[person], link), words(verb_.de[person], link), words(verb_.prefix, link)
    if mood == PAST:
        rest = "" if verb_.helper == "war" else verb_.de[4]
        return words(verb_.en[3 + person], link), words(HELPERS[verb_.helper][person], link), words(rest, link)
    en, de = (forms.split()[person].replace("_", " ") for forms in MODALS[mood])
    return words(en, helper_link) + words(verb_.en[6], link), words(de, helper_link), words(verb_.prefix + verb_.de[3], link)


def clause(who, verb_, mood, en, de):
    """en, de: the phrases after the verb in their English order, and those of the middle field in their German order."""
    en_verb, finite, end = conjugate(verb_, who.person, mood)
    closing = end + finite
    if mood == PRESENT and verb_.prefix:
        closing = [finite[0]._replace(text=verb_.prefix + finite[0].text)]
    return Clause(who.words.en + en_verb + [w for p in en for w in p.en], who.words.de, finite,
                  [w for p in de for w in p.de], end, closing)
